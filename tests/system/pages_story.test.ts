// The whole story with two devices: a phone that registers and shows, a tablet whose camera sees the phone's real screen.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { Device, inspect, PHONE, shots, TABLET, untilText, worksOffline } from "./browser.js";
import { Deployment, until } from "./deployment.js";
import { BY_HAND, cameraFile, cameraFrames, type Distortion, STEADY, writeY4m } from "./frames.js";
import { chip, clean, enrolmentCode, recorded, type Shop, shop, untilUnsent } from "./scanner_page.js";
import { registerOn, see, seeOther, untilShown, Wire } from "./visitors.js";

let d: Deployment;
let toIssuer: Wire, toRegistry: Wire;
let venue: Shop;
let phone: Device, tablet: Device;
let visitor: Page, door: Page;
let film: string;

before(async () => {
  d = await Deployment.start("pages-story", { roles: ["issuer", "registry"] });
  toIssuer = new Wire(d.issuerDaemon().port);
  toRegistry = new Wire(d.registry.port);
  await Promise.all([toIssuer.open(), toRegistry.open()]);
  venue = await shop(d, "달빛 노래방");
  phone = new Device("story-phone");
  // A dark lens cap until somebody comes.
  film = path.join(d.dir, "film.y4m");
  tablet = new Device("story-tablet", { camera: film, patient: true });
});
after(async () => {
  await tablet?.discard();
  await phone?.discard();
  await Promise.all([toIssuer?.cut(), toRegistry?.cut()]);
  await d?.stop();
});

/** What the tablet's camera sees from its next start on: the phone's screen as it is at this moment. */
async function holdUp(variants: readonly Distortion[]): Promise<Buffer> {
  const picture = await visitor.screenshot();
  cameraFile(d.dir, "film", picture, variants);
  return picture;
}
/** Start the tablet's page, and with it the camera, and tell the first verdict. */
async function scanned(): Promise<string> {
  await door.reload({ waitUntil: "domcontentloaded" });
  return verdict();
}
async function verdict(): Promise<string> {
  return until("a verdict", 20_000, async () => {
    const view = door.locator(".verdict");
    return (await view.count()) > 0 && Number((await view.getAttribute("data-count")) ?? 0) > 0
      ? ((await view.getAttribute("data-kind")) ?? undefined)
      : undefined;
  });
}
/** The phone's screen at two moments, as frames by turns. */
function twoMoments(...pictures: Buffer[]): void {
  writeY4m(film, pictures.flatMap((picture) => cameraFrames(picture, STEADY)), 5);
}
/** A new opening of the phone's page: another body. */
async function openAgain(): Promise<void> {
  await visitor.reload({ waitUntil: "domcontentloaded" });
  await untilShown(visitor);
}

test("a visitor registers, shows a code, and the tablet's camera reads it from the real screen", async () => {
  visitor = await phone.page(toIssuer.url, PHONE);
  await registerOn(visitor, d, "시험 방문자", "010-0000-0901");
  const { code } = await enrolmentCode(d, venue);
  cameraFile(d.dir, "film", await visitor.screenshot({ clip: { x: 0, y: 0, width: 300, height: 60 } }), STEADY);
  door = await tablet.page(`${toRegistry.url}scanner/#enrol=${code}`, TABLET);
  await door.getByRole("button", { name: "이 기기를 연결" }).click();
  await door.locator("main.scan").waitFor();
  await openAgain();
  await holdUp(STEADY);
  assert.equal(await scanned(), "accepted");
  await door.screenshot({ path: path.join(shots, "story-accepted.png") });
  assert.match(await chip(door, "today"), /1/);
  assert.equal(await recorded(d, venue), 1);
});

test("the same person's phone, still held up, is no alarm and not counted again", async () => {
  await openAgain();
  const first = await see(visitor);
  const early = await visitor.screenshot();
  const later = await seeOther(visitor, first);
  assert.equal(later.body, first.body, "drawn anew, the same body");
  twoMoments(early, await visitor.screenshot());
  await scanned(); // accepted, and perhaps the second moment by now
  await until("the calm word", 20_000, async () => ((await door.locator(".verdict").getAttribute("data-kind")) === "counted" ? true : undefined));
  assert.equal(await recorded(d, venue), 2);
});

for (const [i, variant] of BY_HAND.entries())
  test(`a phone held by hand is read: ${Object.keys(variant).filter((k) => !["seed", "share", "x", "y"].includes(k)).join(", ")}`, async () => {
    const before = await recorded(d, venue);
    await openAgain();
    await holdUp([variant]);
    assert.equal(await scanned(), "accepted");
    await door.screenshot({ path: path.join(shots, `story-by-hand-${i}.png`) });
    assert.equal(await recorded(d, venue), before + 1);
  });

test("with the issuer gone for the whole visit, code and verdict are the same", async () => {
  await worksOffline(visitor);
  await toIssuer.cut();
  const before = await recorded(d, venue);
  await openAgain();
  await holdUp(STEADY);
  assert.equal(await scanned(), "accepted");
  assert.equal(await recorded(d, venue), before + 1);
});

test("with neither device online the visitor is let in, and recorded once when the tablet is back", async () => {
  await worksOffline(door);
  const before = await recorded(d, venue);
  await toRegistry.cut();
  await openAgain();
  await holdUp(STEADY);
  assert.equal(await scanned(), "queued");
  await untilUnsent(door, 1);
  assert.deepEqual(await inspect(door, "story-offline"), []);
  await door.reload({ waitUntil: "domcontentloaded" });
  await door.locator("main.scan").waitFor();
  await untilUnsent(door, 1);
  assert.equal(await recorded(d, venue), before);
  await toRegistry.open();
  await door.evaluate(() => globalThis.dispatchEvent(new Event("online")));
  await untilUnsent(door, 0);
  assert.equal(await recorded(d, venue), before + 1);
});

test("a photo of a code that was good is refused as too old, with a look of its own", async () => {
  await openAgain();
  await holdUp(STEADY);
  const { shownAt } = await see(visitor); // no older than the photo's
  await until("the photo to be old", 40_000, () => (d.now() - shownAt > 20 ? true : undefined));
  assert.equal(await scanned(), "stale");
  await untilText(door, "오래된 코드");
  await door.screenshot({ path: path.join(shots, "story-stale.png") });
});

test("no page threw, was refused by its policy, or asked another origin", () => clean(phone, tablet));
