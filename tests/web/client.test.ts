import { root } from "./setup.js";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";

interface Seen {
  url: string;
  init: RequestInit | undefined;
}

function fake(
  status: number,
  body: unknown,
  type = "application/json",
): { seen: Seen[]; fetcher: typeof fetch } {
  const seen: Seen[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    seen.push({ url: String(input), init });
    return new Response(typeof body === "string" ? body : JSON.stringify(body), {
      status,
      headers: { "content-type": type },
    });
  };
  return { seen, fetcher };
}

test("a check-in sends the token untrimmed, with the scanner's key", async () => {
  const { seen, fetcher } = fake(201, { status: "recorded", flags: [] });
  const answer = await new el.RegistryClient("http://127.0.0.1:1/", fetcher).checkin(
    "key",
    el.checkinBody("EL1: X  Y", new Uint8Array(8)),
  );
  assert.deepEqual(answer.body, { status: "recorded", flags: [] });
  assert.equal(seen[0]?.url, "http://127.0.0.1:1/v1/checkins");
  assert.equal(seen[0]?.init?.body, '{"token":"EL1: X  Y","attempt":"AAAAAAAAAAA"}');
  assert.equal((seen[0]?.init?.headers as Record<string, string>)["authorization"], "Bearer key");
});

test("the scanners of a venue are listed, named and paused with its owner's key", async () => {
  const row = { id: 4, name: "정문", active: false, enrolled: true, expires_at: null };
  const listed = fake(200, { scanners: [row] });
  assert.deepEqual(await new el.RegistryClient("http://x", listed.fetcher).scanners(7, "owner"), [row]);
  assert.equal(listed.seen[0]?.url, "http://x/v1/venues/7/scanners");
  assert.equal(listed.seen[0]?.init?.method, "GET");
  const { seen, fetcher } = fake(200, row);
  const api = new el.RegistryClient("http://x", fetcher);
  assert.deepEqual(await api.patchScanner(7, 4, "owner", { active: false }), row);
  await api.newScanner(7, "owner", "정문");
  await api.newScanner(7, "owner");
  assert.deepEqual(
    seen.map((s) => [s.init?.method, s.url, s.init?.body]),
    [
      ["PATCH", "http://x/v1/venues/7/scanners/4", '{"active":false}'],
      ["POST", "http://x/v1/venues/7/scanners", '{"name":"정문"}'],
      ["POST", "http://x/v1/venues/7/scanners", "{}"],
    ],
  );
});

test("a refusal becomes an error with the stable code", async () => {
  const { fetcher } = fake(
    422,
    { code: "stale", title: "old", request_id: "r", retry_after: 3 },
    "application/problem+json",
  );
  await assert.rejects(
    new el.RegistryClient("http://x", fetcher).enrol("c"),
    (e: unknown) =>
      e instanceof el.ApiError &&
      e.status === 422 &&
      e.code === "stale" &&
      e.requestId === "r" &&
      e.retryAfter === 3,
  );
  await assert.rejects(
    new el.RegistryClient("http://x", fake(502, "<html>", "text/html").fetcher).enrol("c"),
    (e: unknown) => e instanceof el.ApiError && e.status === 502 && e.code === "unknown",
  );
});

test("what is no scanner's entry is not taken for one", async () => {
  for (const body of ["<h1>Welcome</h1>", { id: 1 }, { id: 1, venue: {}, directory: {}, queue_keys: [], late_limit: 1, skew: 1 }]) {
    const { fetcher } = fake(200, body, typeof body === "string" ? "text/html" : "application/json");
    const client = new el.RegistryClient("http://x", fetcher);
    await assert.rejects(client.scanner("key"), (e: unknown) => e instanceof el.EntrylogError && e.kind === "format");
    await assert.rejects(client.enrol("code"), (e: unknown) => e instanceof el.EntrylogError && e.kind === "format");
  }
});

test("a wallet's bytes are decoded strictly", async () => {
  const good = { tokens: [{ index: 0, body: "AAAA", key: "AA" }], valid_until: 5 };
  const wallet = await new el.IssuerClient("http://x", fake(201, good).fetcher).wallet("t", 0, 1);
  assert.deepEqual(wallet, {
    tokens: [{ index: 0, body: new Uint8Array(3), key: new Uint8Array(1) }],
    validUntil: 5,
  });
  const bad = { tokens: [{ index: 0, body: "AA==", key: "AA" }], valid_until: 5 };
  await assert.rejects(
    new el.IssuerClient("http://x", fake(201, bad).fetcher).wallet("t", 0, 1),
    el.EntrylogError,
  );
});

test("an executor's call is signed over the exact bytes that are sent", async () => {
  const { seen, fetcher } = fake(200, {});
  const seed = new Uint8Array(32).fill(5);
  await new el.ServiceClient("http://x", fetcher).call("POST", "/v1/orders/visits", {
    body: { order: "o" },
    executor: el.executorOf(seed, "registry", () => 1000),
  });
  const header = (seen[0]?.init?.headers as Record<string, string>)["authorization"] ?? "";
  const call = {
    method: "POST",
    path: "/v1/orders/visits",
    party: "registry",
    body: el.utf8(String(seen[0]?.init?.body)),
  };
  assert.ok(el.verifyCall(call, el.parseAuthorization(header), 1000));
});

test("a party is sent the order without other parties' scopes", async () => {
  const { seen, fetcher } = fake(200, { sealed: "AA" });
  const order = { doc: "AA", signatures: [], scopes: [{ party: "issuer:7", salt: "", scope: "" }] };
  const executor = el.executorOf(new Uint8Array(32).fill(5), "registry", () => 1000);
  const own = { party: "registry", salt: "AA", scope: "AA" };
  await new el.RegistryClient("http://x", fetcher).visits(executor, order, own);
  assert.deepEqual(JSON.parse(String(seen[0]?.init?.body)), {
    order: { doc: "AA", signatures: [] },
    scope: own,
  });
});

test("the library imports nothing of Node", () => {
  const lib = path.join(root, "src/web/lib");
  for (const name of readdirSync(lib))
    assert.doesNotMatch(readFileSync(path.join(lib, name), "utf8"), /["']node:/, name);
});

test("what another network answers in the service's place is no time, no credential and no token", async () => {
  const guest = (body: string, type: string): el.IssuerClient =>
    new el.IssuerClient("http://127.0.0.1:1", async () => new Response(body, { status: 200, headers: { "content-type": type } }));
  for (const client of [guest("<p>log in", "text/html"), guest("{}", "application/json"), guest('{"time":1.5}', "application/json"), guest('{"time":"1"}', "application/json")]) {
    await assert.rejects(client.time(), { kind: "format" });
    await assert.rejects(client.verify("x", "000000"), { kind: "format" });
    await assert.rejects(client.register("A", "+821000000000", 1), { kind: "format" });
    await assert.rejects(client.day("x"), { kind: "format" });
    await assert.rejects(client.wallet("x", 0, 1), { kind: "format" });
    await assert.rejects(client.token("x", 0), { kind: "format" });
  }
  assert.equal(await guest('{"time":1700000000}', "application/json").time(), 1700000000);
});
