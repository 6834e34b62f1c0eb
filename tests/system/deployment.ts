// A whole deployment on loopback for one test: real daemons, real files, ports chosen at run time, a shifted clock.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, createHash, webcrypto } from "node:crypto";
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTo, createServer } from "node:net";
import path from "node:path";

import {
  encodeBase64url,
  encodeTokenText,
  IssuerClient,
  newAttempt,
  RegistryClient,
  ServiceClient,
  stampBody,
  writeKeyFile,
  type WalletToken,
} from "../../src/web/lib/index.js";
import { type Ceremony, CONSENT, holdCeremony, type Signer } from "./ceremony.js";

if (!("crypto" in globalThis)) Object.defineProperty(globalThis, "crypto", { value: webcrypto });

/** Verbs of the control socket. */
export const PURGE = 1;
export const CONFIRM_CLOCK = 2;

declare const EL_ROOT: string;
declare const EL_BUILD: string;
export const sourceRoot: string = EL_ROOT;
export const buildDir: string = EL_BUILD;

export async function until<T>(what: string, ms: number, probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const got = await probe();
    if (got !== undefined) return got;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** Given out by this process: the kernel may well name a port again that nobody listens on yet. */
const portsGiven = new Set<number>();

function anyPort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
export async function freePort(): Promise<number> {
  let port = await anyPort();
  for (let i = 0; portsGiven.has(port) && i < 1000; i++) port = await anyPort();
  portsGiven.add(port);
  return port;
}

/** It may still stand in the process table, but holds nothing any more. */
function hasEnded(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return true;
  }
}

/** One daemon: its folder, configuration and process. */
export class Daemon {
  process: ChildProcess | undefined;
  /** Variables of its environment beside the test's own. */
  env: Record<string, string> = {};
  constructor(
    readonly role: "issuer" | "registry" | "authority",
    readonly name: string,
    readonly dir: string,
    readonly port: number,
  ) {}
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get conf(): string {
    return path.join(this.dir, `${this.role}.conf`);
  }
  get log(): string {
    return path.join(this.dir, "log");
  }
  /** How often the process that reads the policy has read it anew, or tried to. */
  reloads(): number {
    return readFileSync(this.log, "utf8").match(/\/core reload(ed|_failed) /g)?.length ?? 0;
  }
  get pid(): number {
    const pid = this.process?.pid;
    if (pid === undefined) throw new Error(`${this.name} does not run`);
    return pid;
  }
  start(): void {
    const log = openSync(this.log, "a");
    const bin = path.join(buildDir, "src", this.role, `entrylog-${this.role}`);
    this.process = spawn(bin, ["--config", this.conf], { stdio: ["ignore", log, log], env: { ...process.env, ...this.env } });
    closeSync(log);
  }
  async ready(ms = 30_000): Promise<void> {
    await until(`${this.name} to be ready (see ${this.log})`, ms, async () => {
      if (this.process?.exitCode !== null) throw new Error(`${this.name} ended: ${readFileSync(this.log, "utf8").slice(-2000)}`);
      try {
        const answer = await fetch(`${this.url}/readyz`);
        await answer.arrayBuffer();
        return answer.status === 200 ? true : undefined;
      } catch {
        return undefined;
      }
    });
  }
  /** SIGTERM (or another signal) to the parent, and wait for its end and its children's, who hold the files. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.process;
    if (child === undefined) return;
    const family = this.children();
    this.process = undefined;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise<void>((done) => child.once("exit", () => done()));
      child.kill(signal);
      const killer = setTimeout(() => child.kill("SIGKILL"), 80_000);
      await gone;
      clearTimeout(killer);
    }
    await until(`${this.name}'s children to end`, 20_000, () => (family.every(({ pid }) => hasEnded(pid)) ? true : undefined));
  }
  /** Process ids of the children by the name that the kernel shows ("el-core"); none of a parent that has ended. */
  children(): { pid: number; name: string }[] {
    let list = "";
    try {
      list = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8").trim();
    } catch (e) {
      if (!["ENOENT", "ESRCH"].includes((e as NodeJS.ErrnoException).code ?? "")) throw e;
    }
    return (list === "" ? [] : list.split(" ")).flatMap((pid) => {
      try {
        return [{ pid: Number(pid), name: readFileSync(`/proc/${pid}/comm`, "utf8").trim() }];
      } catch {
        return []; // it ended after it was listed
      }
    });
  }
}

export interface Options {
  issuers?: number[];
  /** Lines added to the registry's configuration. */
  registry?: string[];
  /** The wall clock at the start, Unix seconds; default: today 12:00 at UTC+9. */
  at?: number;
  days?: number;
  /** Called when all files are written, before anything is started. */
  prepare?: (d: Deployment) => void;
  /** Daemons that are started; default all. */
  roles?: Daemon["role"][];
}

export interface Scanner {
  venue: number;
  venueName: string;
  ownerKey: string;
  id: number;
  key: string;
}
export interface Visitor {
  issuer: number;
  name: string;
  phone: string;
  credential: string;
}
/** An answer whatever its status; `code` of a refusal. */
export interface Outcome {
  status: number;
  code: string | undefined;
  body: Record<string, unknown>;
}

/** Noon of today at UTC+9: far from every day boundary, the same on any machine. */
export function noon(): number {
  return Math.floor((Date.now() / 1000 + 32400) / 86400) * 86400 - 32400 + 43200;
}

export class Deployment {
  readonly operator = { issuer: encodeBase64url(randomBytes(32)), registry: encodeBase64url(randomBytes(32)) };
  readonly issuerDaemons = new Map<number, Daemon>();
  readonly outbox: string;
  private offset = 0;
  private roles: Daemon["role"][] = ["issuer", "registry", "authority"];

  private constructor(
    readonly dir: string,
    readonly ceremony: Ceremony,
    readonly registry: Daemon,
    readonly authority: Daemon,
  ) {
    this.outbox = path.join(dir, "phone-outbox");
  }

  /** Files and processes of a fresh deployment; ready when this returns. Call stop() in any case. */
  static async start(name: string, options: Options = {}): Promise<Deployment> {
    const base = path.join(buildDir, "system");
    mkdirSync(base, { recursive: true });
    const dir = mkdtempSync(path.join(base, `${name}-`));
    const at = options.at ?? noon();
    const numbers = options.issuers ?? [1];
    const issuers = await Promise.all(numbers.map(async (issuer) => ({ issuer, port: await freePort() })));
    const registry = new Daemon("registry", "registry", path.join(dir, "registry"), await freePort());
    const authority = new Daemon("authority", "authority", path.join(dir, "authority"), await freePort());
    const ceremony = holdCeremony(
      at,
      issuers.map((i) => ({ issuer: i.issuer, url: `http://127.0.0.1:${i.port}` })),
      registry.url,
      options.days ?? 45,
    );
    const d = new Deployment(dir, ceremony, registry, authority);
    for (const i of issuers)
      d.issuerDaemons.set(i.issuer, new Daemon("issuer", `issuer-${i.issuer}`, path.join(dir, `issuer-${i.issuer}`), i.port));
    d.offset = at - Math.floor(Date.now() / 1000);
    d.writeFiles(options);
    d.roles = options.roles ?? d.roles;
    options.prepare?.(d);
    try {
      for (const daemon of d.daemons()) daemon.start();
      for (const daemon of d.daemons()) await daemon.ready();
    } catch (e) {
      await d.stop();
      throw e;
    }
    return d;
  }

  daemons(): Daemon[] {
    return [...this.issuerDaemons.values(), this.registry, this.authority].filter((daemon) => this.roles.includes(daemon.role));
  }
  issuerDaemon(issuer = 1): Daemon {
    const daemon = this.issuerDaemons.get(issuer);
    if (daemon === undefined) throw new Error(`no issuer ${issuer}`);
    return daemon;
  }
  issuer(issuer = 1): IssuerClient {
    return new IssuerClient(this.issuerDaemon(issuer).url);
  }
  registryClient(): RegistryClient {
    return new RegistryClient(this.registry.url);
  }
  /** Stop every daemon; `keep` leaves the files for a look. */
  async stop(keep = process.env["EL_KEEP"] !== undefined): Promise<void> {
    await Promise.all(this.daemons().map((daemon) => daemon.stop()));
    if (!keep) rmSync(this.dir, { recursive: true, force: true });
  }

  /** The deployment's clock, Unix seconds. */
  now(): number {
    return Math.floor(Date.now() / 1000) + this.offset;
  }
  private writeClock(): void {
    writeFileSync(path.join(this.dir, "clock.new"), `${this.offset}\n`);
    renameSync(path.join(this.dir, "clock.new"), path.join(this.dir, "clock"));
  }
  /** Shift the clock by so many seconds under the running daemons, and wait until all of them show it. */
  async shift(seconds: number): Promise<void> {
    this.offset += seconds;
    this.writeClock();
    const before = this.daemons().map((daemon) => daemon.reloads());
    for (const daemon of this.daemons()) process.kill(daemon.pid, "SIGHUP");
    for (const [i, daemon] of this.daemons().entries())
      await until(`${daemon.name} to read its files anew`, 20_000, () => (daemon.reloads() > (before[i] ?? 0) ? true : undefined));
    for (const daemon of this.daemons())
      await until(`${daemon.name} to see the new time`, 20_000, async () => {
        const t = await new ServiceClient(daemon.url).time().catch(() => 0);
        return Math.abs(t - this.now()) <= 2 ? true : undefined;
      });
  }
  /** One call on a daemon's control socket: u32 length, u8 verb; u32 length, u8 result, text. */
  control(daemon: Daemon, verb: number): Promise<string> {
    return new Promise((done, fail) => {
      const socket = connectTo({ path: path.join(daemon.dir, "data", "control") });
      const parts: Buffer[] = [];
      socket.once("error", fail);
      socket.on("data", (part: Buffer) => parts.push(part));
      socket.once("end", () => {
        const all = Buffer.concat(parts);
        done(`${all[4] ?? 255} ${all.subarray(5).toString("utf8")}`);
      });
      socket.write(Buffer.from([0, 0, 0, 1, verb]));
    });
  }
  /** The operator's word on the clock after a jump, at every daemon, and wait until they are ready again. */
  async confirmClock(): Promise<void> {
    for (const daemon of this.daemons()) await this.control(daemon, CONFIRM_CLOCK);
    for (const daemon of this.daemons()) await daemon.ready();
  }
  /** Shift while nothing runs: takes effect at the next start. */
  shiftStopped(seconds: number): void {
    this.offset += seconds;
    this.writeClock();
  }

  private keyFile(file: string, purpose: "issuer" | "answer" | "log" | "pair" | "executor" | "officer", secret: Uint8Array, epoch?: number): void {
    writeFileSync(file, writeKeyFile({ purpose, secret, epoch }), { mode: 0o600 });
  }
  private publicFile(file: string, purpose: string, key: Uint8Array): void {
    writeFileSync(file, `entrylog-public 1\npurpose ${purpose}\nkey ${encodeBase64url(key)}\n`);
  }
  private commonConf(daemon: Daemon): string[] {
    return [
      `listen = 127.0.0.1:${daemon.port}`,
      "data_dir = data",
      "kek_file = kek",
      "root_key_file = ../trust/root.key.pub",
      "policy_file = ../trust/policy.json",
      "bundle_file = ../trust/bundle.json",
      "directory_file = ../trust/directory.json",
      "lab = yes",
      "lab_clock = ../clock",
    ];
  }
  private writeFiles(options: Options): void {
    const c = this.ceremony;
    const trust = path.join(this.dir, "trust");
    mkdirSync(trust);
    for (const daemon of this.daemons()) mkdirSync(daemon.dir, { mode: 0o700 });
    this.writeClock();
    for (const name of ["root.key.pub", "root.pub"]) this.publicFile(path.join(trust, name), "root", c.root.key);
    writeFileSync(path.join(trust, "policy.json"), JSON.stringify(c.policyDocument));
    writeFileSync(path.join(trust, "bundle.json"), JSON.stringify(c.bundleDocument));
    writeFileSync(path.join(trust, "directory.json"), JSON.stringify(c.directoryDocument));
    writeFileSync(this.outbox, "");
    const gateway = path.join(this.dir, "sms-gateway");
    writeFileSync(gateway, `#!/bin/sh\nexec cat >>'${this.outbox}'\n`);
    chmodSync(gateway, 0o700);
    const hash = (key: string): string => createHash("sha256").update(Buffer.from(key, "base64url")).digest("base64url");

    const pairs: string[] = [];
    for (const keys of c.issuers) {
      const daemon = this.issuerDaemon(keys.issuer);
      this.keyFile(path.join(daemon.dir, "token.key"), "issuer", keys.token.seed);
      this.keyFile(path.join(daemon.dir, "answer.key"), "answer", keys.answer.seed);
      this.keyFile(path.join(daemon.dir, "log.key"), "log", keys.log.seed);
      this.keyFile(path.join(daemon.dir, "pair.key"), "pair", keys.pair, c.firstEpoch);
      this.keyFile(path.join(this.registry.dir, `pair-${keys.issuer}.key`), "pair", keys.pair, c.firstEpoch);
      pairs.push(`issuer = ${keys.issuer} ${path.join(this.registry.dir, `pair-${keys.issuer}.key`)}`);
      writeFileSync(path.join(daemon.dir, "operator.hash"), hash(this.operator.issuer));
      writeFileSync(
        daemon.conf,
        [
          ...this.commonConf(daemon),
          "operator_key_file = operator.hash",
          `issuer = ${keys.issuer}`,
          "token_key_file = token.key",
          "answer_key_file = answer.key",
          "log_key_file = log.key",
          "pair_file = pair.key",
          "sms_driver = command",
          `sms_target = ${gateway}`,
          "",
        ].join("\n"),
      );
    }
    this.keyFile(path.join(this.registry.dir, "answer.key"), "answer", c.registryAnswer.seed);
    this.keyFile(path.join(this.registry.dir, "log.key"), "log", c.registryLog.seed);
    writeFileSync(path.join(this.registry.dir, "operator.hash"), hash(this.operator.registry));
    writeFileSync(
      this.registry.conf,
      [...this.commonConf(this.registry), "operator_key_file = operator.hash", "answer_key_file = answer.key", "log_key_file = log.key", ...pairs, ...(options.registry ?? []), ""].join("\n"),
    );
    writeFileSync(this.authority.conf, [...this.commonConf(this.authority), "role = executor", ""].join("\n"));
    this.keyFile(path.join(this.authority.dir, "executor"), "executor", c.executor.seed);
  }

  /** Replace a signed document and have the daemons read it (SIGHUP). */
  async replaceTrust(name: "policy" | "bundle" | "directory", document: unknown): Promise<void> {
    writeFileSync(path.join(this.dir, "trust", `${name}.json`), JSON.stringify(document));
    await this.shift(0);
  }

  // ---- Visitors ----

  smsCount(): number {
    return existsSync(this.outbox) ? readFileSync(this.outbox, "utf8").split("\n").length - 1 : 0;
  }
  /** The code in the newest SMS after the first `seen` ones to that number. */
  async smsCode(phone: string, seen: number): Promise<string> {
    return until("an SMS", 20_000, () => {
      const lines = readFileSync(this.outbox, "utf8").split("\n").slice(seen).filter((l) => l !== "");
      for (const line of lines.reverse()) {
        const sms = JSON.parse(line) as { to: string; text: string };
        if (sms.to === phone) return /[0-9]{6}/.exec(sms.text)?.[0];
      }
      return undefined;
    });
  }
  async register(name: string, phone: string, issuer = 1): Promise<Visitor> {
    const client = this.issuer(issuer);
    const seen = this.smsCount();
    const { registration } = await client.register(name, phone, CONSENT);
    const international = phone.startsWith("0") ? `+82${phone.slice(1).replace(/-/g, "")}` : phone;
    const { credential } = await client.verify(registration, await this.smsCode(international, seen));
    return { issuer, name, phone, credential };
  }
  async wallet(visitor: Visitor, first = 0, count = 16, day: "today" | "tomorrow" = "today"): Promise<WalletToken[]> {
    const client = this.issuer(visitor.issuer);
    const { ticket } = await client.day(visitor.credential, day);
    return (await client.wallet(ticket, first, count)).tokens;
  }
  /** The QR text of a wallet token stamped now (or at another time). */
  show(token: WalletToken, at = this.now()): string {
    return encodeTokenText(stampBody(token.body, token.key, at));
  }

  // ---- Venues ----

  private venues = 0;
  /** A new approved venue with one scanner. */
  async venue(name = `Venue ${++this.venues}`): Promise<Scanner> {
    const api = new ServiceClient(this.registry.url);
    const created = (await api.call<{ id: number; owner_key: string }>("POST", "/v1/venues", { body: { name, business_number: "1000000009" } })).body;
    await api.call("PATCH", `/v1/venues/${created.id}`, { bearer: this.operator.registry, body: { approved: true } });
    const scanner = await this.addScanner(created.id, created.owner_key);
    return { venue: created.id, venueName: name, ownerKey: created.owner_key, ...scanner };
  }
  async addScanner(venue: number, ownerKey: string): Promise<{ id: number; key: string }> {
    const api = new ServiceClient(this.registry.url);
    const { code } = (await api.call<{ code: string }>("POST", `/v1/venues/${venue}/scanners`, { bearer: ownerKey, body: {} })).body;
    return (await api.call<{ id: number; key: string }>("POST", "/v1/scanners/enrol", { body: { code } })).body;
  }
  async checkin(scanner: { key: string }, token: string, extra: { attempt?: Uint8Array; scanned_at?: number } = {}): Promise<Outcome> {
    const body: Record<string, unknown> = { token, attempt: encodeBase64url(extra.attempt ?? newAttempt()) };
    if (extra.scanned_at !== undefined) body["scanned_at"] = extra.scanned_at;
    return this.outcome(await this.registryClient().raw("POST", "/v1/checkins", { bearer: scanner.key, body }));
  }
  async outcome(response: Response): Promise<Outcome> {
    const text = await response.text();
    const body = (text === "" || !/json/.test(response.headers.get("content-type") ?? "") ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: response.status, code: typeof body["code"] === "string" ? body["code"] : undefined, body };
  }
  signers(...names: (keyof Ceremony["officers"])[]): Signer[] {
    return names.map((name) => this.ceremony.officers[name]);
  }
}
