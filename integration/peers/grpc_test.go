package peers

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
)

// failing has gRPC's own test cases fail the test they run in, where they would
// end the process.
type failing struct{ grpclog.LoggerV2 }

type failure string

func (failing) Fatal(args ...any)                 { panic(failure(fmt.Sprint(args...))) }
func (failing) Fatalln(args ...any)               { panic(failure(fmt.Sprintln(args...))) }
func (failing) Fatalf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

func TestMain(m *testing.M) {
	grpclog.SetLoggerV2(failing{grpclog.NewLoggerV2(io.Discard, io.Discard, os.Stderr)})
	os.Exit(m.Run())
}

// TestGRPC runs the cases of gRPC's interoperability suite that need no cloud,
// through Fairlead by both ways of beginning HTTP/2.
func TestGRPC(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	testgrpc.RegisterTestServiceServer(s, interop.NewTestServer())
	go s.Serve(l)
	t.Cleanup(s.Stop)
	f := front(t, `{ address = "`+l.Addr().String()+`", proto = "h2" }`)
	for _, way := range []struct {
		name, address string
		creds         credentials.TransportCredentials
	}{
		{"plain", f.plain, insecure.NewCredentials()},
		{"TLS", f.secure, credentials.NewTLS(f.clientTLS())},
	} {
		cc, err := grpc.NewClient(way.address, grpc.WithTransportCredentials(way.creds))
		if err != nil {
			t.Fatal(err)
		}
		defer cc.Close()
		tc := testgrpc.NewTestServiceClient(cc)
		for _, c := range []struct {
			name string
			run  func(ctx context.Context)
		}{
			{"empty unary", func(ctx context.Context) { interop.DoEmptyUnaryCall(ctx, tc) }},
			{"large unary", func(ctx context.Context) { interop.DoLargeUnaryCall(ctx, tc) }},
			{"client streaming", func(ctx context.Context) { interop.DoClientStreaming(ctx, tc) }},
			{"server streaming", func(ctx context.Context) { interop.DoServerStreaming(ctx, tc) }},
			{"ping pong", func(ctx context.Context) { interop.DoPingPong(ctx, tc) }},
			{"empty stream", func(ctx context.Context) { interop.DoEmptyStream(ctx, tc) }},
			{"timeout on sleeping server", func(ctx context.Context) { interop.DoTimeoutOnSleepingServer(ctx, tc) }},
			{"cancel after begin", func(ctx context.Context) { interop.DoCancelAfterBegin(ctx, tc) }},
			{"cancel after first response", func(ctx context.Context) { interop.DoCancelAfterFirstResponse(ctx, tc) }},
			{"custom metadata", func(ctx context.Context) { interop.DoCustomMetadata(ctx, tc) }},
			{"status code and message", func(ctx context.Context) { interop.DoStatusCodeAndMessage(ctx, tc) }},
			{"special status message", func(ctx context.Context) { interop.DoSpecialStatusMessage(ctx, tc) }},
			{"unimplemented service", func(ctx context.Context) {
				interop.DoUnimplementedService(ctx, testgrpc.NewUnimplementedServiceClient(cc))
			}},
			{"unimplemented method", func(ctx context.Context) { interop.DoUnimplementedMethod(ctx, cc) }},
		} {
			t.Run(way.name+"/"+c.name, func(t *testing.T) {
				defer func() {
					if r := recover(); r != nil {
						why, ok := r.(failure)
						if !ok {
							panic(r)
						}
						t.Error(string(why))
					}
				}()
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				defer cancel()
				c.run(ctx)
			})
		}
	}
}

// TestGRPCStreamsLong has a stream of many messages. grpc-go sends a ping for each
// round trip in which some come, to learn how much is in flight.
func TestGRPCStreamsLong(t *testing.T) {
	const messages = 3000
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	testgrpc.RegisterTestServiceServer(s, interop.NewTestServer())
	go s.Serve(l)
	t.Cleanup(s.Stop)
	f := front(t, `{ address = "`+l.Addr().String()+`", proto = "h2" }`)
	cc, err := grpc.NewClient(f.plain, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	x, err := testgrpc.NewTestServiceClient(cc).FullDuplexCall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := &testgrpc.StreamingOutputCallRequest{ResponseParameters: []*testgrpc.ResponseParameters{{Size: 100}}}
	for n := range messages {
		if err := x.Send(ask); err != nil && err != io.EOF {
			t.Fatalf("message %d: %v", n, err)
		}
		if _, err := x.Recv(); err != nil {
			t.Fatalf("message %d: %v", n, err)
		}
	}
}
