// The visitor page in a real browser: registering, and the codes that it shows.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { Device, inspect, untilText } from "./browser.js";
import { Deployment, type Scanner, until } from "./deployment.js";
import { accepted, hide, onStore, readCode, registerOn, see, seeOther, untilShown, Wire } from "./visitors.js";

let d: Deployment;
let wire: Wire;
let door: Scanner;
let phone: Device;
let page: Page;

before(async () => {
  d = await Deployment.start("pages-visitor", { roles: ["issuer", "registry"] });
  wire = new Wire(d.issuerDaemon().port);
  await wire.open();
  door = await d.venue();
  phone = new Device("visitor");
  page = await phone.page(wire.url);
});
after(async () => {
  await phone?.discard();
  await wire?.cut();
  await d?.stop();
});

test("a visitor registers and shows a code that the registry records", async () => {
  await registerOn(page, d, "시험 하나", "010-0000-0101");
  await accepted(d, door, await see(page));
  console.log(await page.evaluate(() => performance.getEntriesByName("code")[0]?.startTime), await page.innerText("body"));
  console.log(wire.requests.join("\n"));
  assert.deepEqual(await inspect(page, "visitor-show"), []);
});

test("nothing of the page did what it must not", () => assert.deepEqual(phone.problems, []));
void hide; void onStore; void readCode; void seeOther; void untilShown; void untilText; void until;
