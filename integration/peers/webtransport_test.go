package peers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// transportPage has sessions of WebTransport with the server of the program
// webtransport, and reports what came of it.
const transportPage = `<html><body><script>
let out = "";
const note = s => out += s + "\n";
const text = async readable => {
	let s = "";
	const d = new TextDecoder();
	for await (const chunk of readable) s += d.decode(chunk);
	return s;
};
const write = async (writable, s) => {
	const w = writable.getWriter();
	await w.write(new TextEncoder().encode(s));
	return w;
};
const next = async streams => {
	const r = streams.getReader();
	const { value } = await r.read();
	r.releaseLock();
	return value;
};
const talk = async wt => {
	await wt.ready;
	note(await text((await next(wt.incomingBidirectionalStreams)).readable));
	note(await text(await next(wt.incomingUnidirectionalStreams)));

	const both = await wt.createBidirectionalStream();
	const sent = "0123456789".repeat(200000);
	write(both.writable, sent).then(w => w.close());
	note("echo: " + (await text(both.readable) === sent));

	await (await write(await wt.createUnidirectionalStream(), "hello")).close();
	note(await text(await next(wt.incomingUnidirectionalStreams)));

	const sender = wt.datagrams.writable ? wt.datagrams.writable.getWriter() : wt.datagrams.createWritable().getWriter();
	const receiver = wt.datagrams.readable.getReader();
	const timer = setInterval(() => sender.write(new TextEncoder().encode("ping")).catch(() => {}), 50);
	note(new TextDecoder().decode((await receiver.read()).value));
	clearInterval(timer);

	const stopped = await wt.createBidirectionalStream();
	await write(stopped.writable, "stop");
	await text(stopped.readable).catch(e => note("reset: " + e.streamErrorCode));

	const own = await wt.createBidirectionalStream();
	const w = await write(own.writable, "echo");
	await own.readable.getReader().read();
	w.abort(new WebTransportError({ message: "", streamErrorCode: 3 })).catch(() => {});
	note(await text(await next(wt.incomingUnidirectionalStreams)));

	await write((await wt.createBidirectionalStream()).writable, "quit");
	const end = await wt.closed;
	note("closed: " + end.closeCode + " " + end.reason);
};
(async () => {
	const url = "https://" + location.host + "/session";
	try {
		await talk(new WebTransport(url));
		const second = new WebTransport(url);
		await second.ready;
		second.close({ closeCode: 7, reason: "enough" });
		await second.closed;
	} catch (e) {
		note("failed: " + e);
	}
	await fetch("/report", { method: "POST", body: out });
})();
</script></body></html>`

// TestChromiumWebTransport has a page in Chromium talk to a server of WebTransport
// through Fairlead.
func TestChromiumWebTransport(t *testing.T) {
	program := filepath.Join(t.TempDir(), "webtransport")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir, build.Env = "webtransport", append(os.Environ(), "GOWORK=off")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	server := lab.Start(t, t.TempDir(), program, "serve", lab.Certificate(t))
	lab.Until(t, 10*time.Second, "the server listens", func() bool { return strings.Contains(server.Output(), "serving at ") })
	_, at, _ := strings.Cut(strings.TrimSpace(server.Output()), "serving at ")

	report := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, transportPage)
		case "/report":
			text, _ := io.ReadAll(r.Body)
			report <- string(text)
		}
	}))
	t.Cleanup(s.Close)
	f := &proxied{t: t, secure: "127.0.0.1:" + lab.Port(t), cert: lab.Certificate(t)}
	f.proc = lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "5s", client = "20s", server = "20s" }
[frontend.web]
bind = { address = "quic@`+f.secure+`", tls = "`+f.cert+`" }
forwardfor = true
use-backend = [ { backend = "sessions", if = "{ path /session }" } ]
default-backend = "pages"
[backend.pages]
servers = ["`+s.Listener.Addr().String()+`"]
[backend.sessions]
servers = [{ address = "quic@`+at+`", tls = { verify = "none" }, check = false }]
`)
	want := `from the server
one way
echo: true
back hello
echo ping
reset: 8
reset 3
closed: 42 as you wish
`
	if got := visit(t, f, report, "--enable-quic", "--origin-to-force-quic-on="+f.secure); got != want {
		t.Errorf("the page reports\n%swant\n%s", got, want)
	}
	lab.Until(t, 10*time.Second, "the server hears how the second session ended", func() bool {
		return strings.Contains(server.Output(), "ended with 7 enough")
	})
}
