// Claim H1: malformed, oversized, slow and truncated requests against the real daemons get a clear code and change nothing.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { spawnSync } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { CONSENT } from "./ceremony.js";
import { buildDir, type Daemon, Deployment, type Scanner } from "./deployment.js";

let d: Deployment;
let scanner: Scanner;

const PROXY = "127.0.0.9";

before(async () => {
  d = await Deployment.start("http", {
    prepare: (deployment) => [deployment.registry, deployment.issuerDaemon()].forEach((daemon) => appendFileSync(daemon.conf, `trusted_proxy = ${PROXY}\n`)),
  });
  scanner = await d.venue();
});
after(async () => d?.stop());

/** Send raw bytes, then read until the other side closes or `ms` pass; undefined body means nothing came. */
function raw(daemon: Daemon, bytes: string | Buffer, ms = 3000, end = false): Promise<{ text: string; closed: boolean }> {
  return new Promise((done, fail) => {
    const socket = connect(daemon.port, "127.0.0.1");
    const parts: Buffer[] = [];
    let closed = false;
    const finish = (): void => {
      socket.destroy();
      done({ text: Buffer.concat(parts).toString("latin1"), closed });
    };
    const timer = setTimeout(finish, ms);
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("error", (e: NodeJS.ErrnoException) => (e.code === "ECONNRESET" || e.code === "EPIPE" ? undefined : fail(e)));
    socket.on("close", () => {
      closed = true;
      clearTimeout(timer);
      finish();
    });
    socket.write(bytes);
    if (end) socket.end();
  });
}
const status = (text: string): number => Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
const post = (body: string, extra = ""): string =>
  `POST /v1/checkins HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${scanner.key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`;

test("malformed requests are refused with 4xx and the connection ends", async () => {
  const bad: [string, string][] = [
    ["not HTTP", "HELLO\r\n\r\n"],
    ["no Host", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["two Hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    ["space before the colon", "GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n"],
    ["folded header", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"],
    ["bare LF", "GET /healthz HTTP/1.1\nHost: a\n\n"],
    ["NUL in a header", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"],
    ["HTTP/3.0", "GET /healthz HTTP/3.0\r\nHost: a\r\n\r\n"],
    ["two Content-Lengths", "POST /v1/checkins HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
    ["signed Content-Length", "POST /v1/checkins HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx"],
    ["length and chunking", "POST /v1/checkins HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ];
  for (const daemon of [d.registry, d.issuerDaemon(), d.authority])
    for (const [name, bytes] of bad) {
      const answer = await raw(daemon, bytes);
      assert.ok(status(answer.text) >= 400 && status(answer.text) < 600, `${name} at ${daemon.name}: ${answer.text.slice(0, 40)}`);
      assert.ok(answer.closed, name);
    }
});

test("problem+json: stable code, title in the language asked, request id, no-store", async () => {
  for (const [language, pattern] of [
    ["ko", /[가-힣]/],
    ["en", /^[ -~]+$/],
  ] as const) {
    const response = await d.registryClient().raw("GET", "/v1/nothing", { language });
    assert.equal(response.status, 404);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("cache-control"), "no-store");
    const body = (await response.json()) as Record<string, unknown>;
    assert.equal(body["code"], "not_found");
    assert.match(String(body["title"]), pattern);
    assert.ok(String(body["request_id"]).length >= 8);
  }
  const method = await d.registryClient().raw("DELETE", "/v1/checkins");
  assert.equal(method.status, 405);
  assert.match(method.headers.get("allow") ?? "", /POST/);
});

test("oversized: body, URL, header", async () => {
  const big = await d.registryClient().raw("POST", "/v1/checkins", { bearer: scanner.key, body: { token: "x".repeat(40000), attempt: "" } });
  assert.equal(big.status, 413);
  const declared = await raw(d.registry, `POST /v1/checkins HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scanner.key}\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n`);
  assert.equal(status(declared.text), 413, "refused by its length, before it is sent");
  const url = await raw(d.registry, `GET /${"a".repeat(5000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.ok([414, 431].includes(status(url.text)), url.text.slice(0, 30));
  const header = await raw(d.registry, `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(70000)}\r\n\r\n`);
  assert.ok([431, 400].includes(status(header.text)), header.text.slice(0, 30));
  const many = await raw(d.registry, `GET /healthz HTTP/1.1\r\nHost: x\r\n${"X: 1\r\n".repeat(500)}\r\n`);
  assert.ok([431, 400].includes(status(many.text)), many.text.slice(0, 30));
});

test("malformed JSON, wrong types, unknown and repeated fields, another media type", async () => {
  const bodies = ["{", "[]", "null", '{"token":1,"attempt":"AAAAAAAAAAA"}', '{"token":"x","token":"y","attempt":"AAAAAAAAAAA"}', '{"token":"x"}', '{"token":"x","attempt":"AAAAAAAAAAA","more":1}', '{"token":"x","attempt":"short"}', '{"token":"x","attempt":"AAAAAAAAAAA"} trailing', '\ufeff{"token":"x","attempt":"AAAAAAAAAAA"}'];
  for (const body of bodies) {
    const answer = await raw(d.registry, post(body));
    assert.equal(status(answer.text), 400, body);
    assert.match(answer.text, /"code":\s*"malformed_request"/, body);
  }
  const form = await raw(d.registry, post("a=b").replace("application/json", "text/plain"));
  assert.equal(status(form.text), 415);
});

test("truncated: a client that goes away in the middle of a body records nothing and hurts nobody", async () => {
  const whole = post('{"token":"x","attempt":"AAAAAAAAAAA"}');
  for (const cut of [10, 60, whole.length - 5]) await raw(d.registry, whole.slice(0, cut), 500, true);
  assert.equal((await d.registryClient().raw("GET", "/healthz")).status, 200);
});

test("slow: a client that sends a byte now and then is cut off by the total deadline", async () => {
  const started = Date.now();
  const closed = await new Promise<boolean>((done) => {
    const socket = connect(d.registry.port, "127.0.0.1");
    const timer = setInterval(() => socket.write("G"), 500);
    const give = setTimeout(() => {
      clearInterval(timer);
      socket.destroy();
      done(false);
    }, 30_000);
    socket.on("error", () => undefined);
    socket.on("data", () => undefined);
    socket.on("close", () => {
      clearInterval(timer);
      clearTimeout(give);
      done(true);
    });
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  });
  assert.ok(closed, `cut off after ${Date.now() - started} ms`);
});

test("pipelined requests are answered in order", async () => {
  const answer = await raw(d.registry, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/time HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  assert.match(answer.text, /alive[\s\S]*"time"[\s\S]*not_found/);
});

test("a configuration mistake is one clear line with the line number and no value", () => {
  const file = `${d.dir}/bad.conf`;
  for (const [text, pattern] of [
    ["listen = 127.0.0.1:1\nsecret_word = CANARYVALUE\n", /line 2: secret_word: unknown key/],
    ["listen = 127.0.0.1:1\nlisten = 127.0.0.1:CANARYVALUE\n", /line 2: listen: given twice/],
    ["skew = CANARYVALUE\n", /line 1: skew/],
    ["trusted_proxy = x\n", /line 1: trusted_proxy: wrong length/],
    ["listen = 127.0.0.1:1\n", /missing/],
  ] as const) {
    writeFileSync(file, text);
    const run = spawnSync(`${buildDir}/src/registry/entrylog-registry`, ["--config", file, "-t"], { encoding: "utf8" });
    assert.equal(run.status, 78);
    assert.match(run.stderr, pattern);
    assert.doesNotMatch(run.stderr + run.stdout, /CANARYVALUE/);
  }
  const good = spawnSync(`${buildDir}/src/registry/entrylog-registry`, ["--config", d.registry.conf, "-T"], { encoding: "utf8" });
  assert.equal(good.status, 0);
  assert.match(good.stdout, /late_limit = 86400/);
  assert.match(good.stdout, /trusted_proxy = 127\.0\.0\.9\n/);
  appendFileSync(d.authority.conf, "trusted_proxy = CANARYVALUE\n");
  const name = spawnSync(`${buildDir}/src/authority/entrylog-authority`, ["--config", d.authority.conf, "-t"], { encoding: "utf8" });
  assert.equal(name.status, 78);
  assert.match(name.stderr, /^entrylog-authority: trusted_proxy: not an IPv4 or IPv6 address\n$/);
});

/** POST JSON from one of this machine's addresses. */
function postFrom(from: string, port: number, path: string, body: unknown, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((done, fail) => {
    const text = JSON.stringify(body);
    const own = { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) };
    const req = request({ host: "127.0.0.1", port, path, method: "POST", localAddress: from, agent: false, headers: { ...headers, ...own } }, (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode ?? 0));
    });
    req.on("error", fail);
    req.end(text);
  });
}

/** A relay at the proxy's address which appends its client's, as proxies do. */
async function behindProxy(daemon: Daemon, work: (port: number) => Promise<void>): Promise<void> {
  const relay = createServer((req, answer) => {
    const before = req.headers["x-forwarded-for"];
    const list = [...(before === undefined ? [] : [String(before)]), req.socket.remoteAddress ?? ""].join(", ");
    const { method, url: path, headers } = req;
    const on = request({ host: "127.0.0.1", port: daemon.port, method, path, localAddress: PROXY, agent: false, headers: { ...headers, "x-forwarded-for": list } }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    on.on("error", () => answer.destroy());
    req.pipe(on);
  });
  await new Promise<void>((done) => relay.listen(0, "127.0.0.1", done));
  try {
    await work((relay.address() as AddressInfo).port);
  } finally {
    relay.closeAllConnections();
    await new Promise((done) => relay.close(done));
  }
}

test("behind a trusted proxy each client has limits of its own, whatever it says of itself", async () => {
  let spoofs = 0;
  const spoof = (): Record<string, string> => ({ "x-forwarded-for": `203.0.113.${++spoofs}` });
  const enrol = (from: string, port: number, code: string, headers = {}): Promise<number> => postFrom(from, port, "/v1/scanners/enrol", { code }, headers);
  await behindProxy(d.registry, async (port) => {
    for (let i = 0; i < 5; i++) assert.equal(await enrol("127.0.0.11", port, "000000000000", spoof()), 422);
    assert.equal(await enrol("127.0.0.11", port, "000000000000", spoof()), 429);
    const { code } = await d.registryClient().newScanner(scanner.venue, scanner.ownerKey);
    assert.equal(await enrol("127.0.0.12", port, code), 201, "another client of the proxy");
  });
  // Without the proxy the header is a stranger's word.
  for (let i = 0; i < 5; i++) assert.equal(await enrol("127.0.0.13", d.registry.port, "000000000000", spoof()), 422);
  assert.equal(await enrol("127.0.0.13", d.registry.port, "000000000000", spoof()), 429);

  const register = (from: string, port: number, i: number): Promise<number> =>
    postFrom(from, port, "/v1/registrations", { name: "가", phone: `+8210000${String(10000 + i)}`, consent: CONSENT }, spoof());
  await behindProxy(d.issuerDaemon(), async (port) => {
    for (let i = 0; i < 100; i++) assert.equal(await register("127.0.0.11", port, i), 202);
    assert.equal(await register("127.0.0.11", port, 100), 429);
    assert.equal(await register("127.0.0.12", port, 101), 202);
  });
});

test("a second daemon on a port in use is refused with one clear line, and the first serves on", async () => {
  const run = spawnSync(`${buildDir}/src/registry/entrylog-registry`, ["--config", d.registry.conf], { encoding: "utf8", timeout: 20_000 });
  assert.equal(run.status, 71);
  assert.match(run.stderr, /^entrylog-registry: listen: .*port.*\n$/);
  for (let i = 0; i < 20; i++) assert.match((await raw(d.registry, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).text, /alive/);
});

test("the registry serves the signed directory to anyone, byte for byte as the issuer does", async () => {
  const at = async (base: string): Promise<string> => (await fetch(`${base}/v1/directory`)).text();
  const text = await at(d.registry.url);
  assert.equal(text, await at(d.issuerDaemon().url));
  assert.deepEqual(JSON.parse(text), d.ceremony.directoryDocument);
});
