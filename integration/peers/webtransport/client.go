package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"
)

// dial begins a session. The connection ends by hangUp, which tells the peer.
func dial(ctx context.Context, url string) (x *webtransport.Session, hangUp func(), err error) {
	var conn *quic.Conn
	d := &webtransport.Transport{
		TLSClientConfig: http3.ConfigureTLSConfig(&tls.Config{InsecureSkipVerify: true}),
		DialAddr: func(ctx context.Context, addr string, tc *tls.Config, qc *quic.Config) (*quic.Conn, error) {
			conn, err = quic.DialAddr(ctx, addr, tc, qc)
			return conn, err
		},
	}
	res, x, err := d.Dial(ctx, url, http.Header{})
	if err != nil && res != nil {
		return nil, nil, fmt.Errorf("status %d: %w", res.StatusCode, err)
	}
	return x, func() { conn.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "") }, err
}

// talk has a session use all that there is, and gives what went wrong.
func talk(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	x, hangUp, err := dial(ctx, url)
	if err != nil {
		return err
	}
	defer hangUp()
	for _, step := range []struct {
		name string
		do   func(context.Context, *webtransport.Session) error
	}{
		{"the server's streams", servers}, {"streams", streams}, {"resets", resets}, {"streams one way", oneWay},
		{"datagrams", datagrams}, {"the end", end},
	} {
		if err := step.do(ctx, x); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Println(step.name, "pass")
	}
	return nil
}

func want(r io.Reader, text string) error {
	b, err := io.ReadAll(r)
	if err == nil && string(b) != text {
		err = fmt.Errorf("%.50q came, want %.50q", b, text)
	}
	return err
}

func servers(ctx context.Context, x *webtransport.Session) error {
	q, err := x.AcceptStream(ctx)
	if err != nil {
		return err
	}
	q.Close()
	return errors.Join(want(q, "from the server"), told(ctx, x, "one way"))
}

func streams(ctx context.Context, x *webtransport.Session) error {
	for _, n := range []int{10, 3_000_000} {
		q, err := x.OpenStreamSync(ctx)
		if err != nil {
			return err
		}
		body := bytes.Repeat([]byte("0123456789"), n/10)
		go func() {
			q.Write(body)
			q.Close()
		}()
		if err := want(q, string(body)); err != nil {
			return err
		}
	}
	return nil
}

func resets(ctx context.Context, x *webtransport.Session) error {
	q, err := x.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	io.WriteString(q, "stop")
	var reset *webtransport.StreamError
	if _, err := io.ReadAll(q); !errors.As(err, &reset) || reset.ErrorCode != 8 || !reset.Remote {
		return fmt.Errorf("reading ended with %v, want the server's code 8", err)
	}
	<-q.Context().Done()
	if _, err := io.WriteString(q, "more"); !errors.As(err, &reset) || reset.ErrorCode != 7 {
		return fmt.Errorf("writing ended with %v, want the server's code 7", err)
	}
	own, err := x.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	io.WriteString(own, "echo")
	if _, err := io.ReadFull(own, make([]byte, 4)); err != nil {
		return err
	}
	own.CancelWrite(3)
	return told(ctx, x, "reset 3")
}

// told waits for a text on a stream one way.
func told(ctx context.Context, x *webtransport.Session, text string) error {
	in, err := x.AcceptUniStream(ctx)
	if err != nil {
		return err
	}
	return want(in, text)
}

func oneWay(ctx context.Context, x *webtransport.Session) error {
	out, err := x.OpenUniStreamSync(ctx)
	if err != nil {
		return err
	}
	io.WriteString(out, "hello")
	out.Close()
	return told(ctx, x, "back hello")
}

// datagrams sends until one comes back: they may get lost.
func datagrams(ctx context.Context, x *webtransport.Session) error {
	for {
		if err := x.SendDatagram([]byte("ping")); err != nil {
			return err
		}
		soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		b, err := x.ReceiveDatagram(soon)
		cancel()
		switch {
		case err == nil && string(b) != "echo ping":
			return fmt.Errorf("%q came back", b)
		case err == nil, ctx.Err() != nil:
			return err
		case soon.Err() == nil:
			return err // not for want of time
		}
	}
}

func end(ctx context.Context, x *webtransport.Session) error {
	q, err := x.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	io.WriteString(q, "quit")
	var ended *webtransport.SessionError
	if _, err := x.AcceptStream(ctx); !errors.As(err, &ended) || ended.ErrorCode != 42 || ended.Message != "as you wish" || !ended.Remote {
		return fmt.Errorf("it is %v, want the server's code 42", err)
	}
	return nil
}

// hold has a session last for a time.
func hold(url string, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d+10*time.Second)
	defer cancel()
	x, hangUp, err := dial(ctx, url)
	if err != nil {
		return err
	}
	defer hangUp()
	for over := time.Now().Add(d); time.Now().Before(over); time.Sleep(d / 20) {
		if err := datagrams(ctx, x); err != nil {
			return err
		}
	}
	return x.CloseWithError(0, "")
}
