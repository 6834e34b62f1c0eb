// The camera of the tests: Chromium plays a file as its camera, and the scanner page alone may look through it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { qrMatrix } from "../../src/web/kit/qr.js";
import { Device, TABLET } from "./browser.js";
import { Deployment, until } from "./deployment.js";
import { BY_HAND, cameraFile, cameraFrames, type Gray, gray, paint, paintModules, toPng } from "./frames.js";

const STRIDE = 7;
let d: Deployment;
let tablet: Device;
let frames: Gray[] = [];

before(async () => {
  d = await Deployment.start("camera", { roles: ["registry", "issuer"] });
  const phone = gray(390, 844, 250);
  paint(phone, 0, 0, 390, 60, 20);
  paintModules(phone, 24, 200, qrMatrix("EL1:A PICTURE FOR THE CAMERA"), 8);
  const variants = BY_HAND.map((v) => ({ ...v, width: 640, height: 480 }));
  frames = cameraFrames(toPng(phone), variants);
  tablet = new Device("camera", { camera: cameraFile(d.dir, "phone", toPng(phone), variants) });
});
after(async () => {
  await tablet?.discard();
  await d?.stop();
});

/** Start the camera and keep it running in the page. Its size, or the name of the refusal. */
function startCamera(page: Page): Promise<string> {
  return page.evaluate(async () => {
    try {
      const video = document.createElement("video");
      video.muted = true;
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
      await video.play();
      (globalThis as unknown as { testVideo: HTMLVideoElement }).testVideo = video;
      return `${video.videoWidth}x${video.videoHeight}`;
    } catch (e) {
      return (e as Error).name;
    }
  });
}

/** Every STRIDE-th pixel of the picture that the camera shows now. */
function look(page: Page): Promise<number[]> {
  return page.evaluate((stride) => {
    const { testVideo: video } = globalThis as unknown as { testVideo: HTMLVideoElement };
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("no canvas");
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: Math.floor(data.length / 4 / stride) }, (_, i) => data[i * stride * 4 + 1] ?? 0);
  }, STRIDE);
}

/** Mean difference of pixels in levels. */
function difference(seen: readonly number[], frame: Gray): number {
  return seen.reduce((sum, v, i) => sum + Math.abs(v - (frame.data[i * STRIDE] ?? 0)), 0) / seen.length;
}

test("the scanner page sees every frame of the file, pixel for pixel", async () => {
  const page = await tablet.page(`${d.registry.url}/scanner/`, TABLET);
  assert.equal(await startCamera(page), "640x480");
  const missing = new Set(frames.keys());
  await until("all frames of the file", 60_000, async () => {
    const seen = await look(page);
    for (const i of missing) {
      const frame = frames[i];
      if (frame !== undefined && difference(seen, frame) < 2) missing.delete(i);
    }
    return missing.size === 0 ? true : undefined;
  });
});

test("frames differ far more from each other than from what arrives", () => {
  for (const a of frames)
    for (const b of frames) if (a !== b) assert.ok(difference([...a.data].filter((_, i) => i % STRIDE === 0), b) > 6);
});

test("a new file in the same place is what the camera shows when it starts again", async () => {
  const page = await tablet.page(`${d.registry.url}/scanner/`, TABLET);
  const file = cameraFile(d.dir, "phone", toPng(gray(390, 844, 200)), [{ seed: 1, width: 640, height: 480, background: 200, black: 0, white: 255 }]);
  assert.equal(file, tablet.options.camera);
  assert.equal(await startCamera(page), "640x480");
  const plain = gray(640, 480, 200);
  await until("the new file", 20_000, async () => (difference(await look(page), plain) < 2 ? true : undefined));
});

test("no other page of ours gets the camera, even where the person has allowed it", async () => {
  for (const url of [`${d.registry.url}/`, `${d.registry.url}/venue/`, `${d.issuerDaemon().url}/`]) {
    const page = await tablet.page(url, TABLET);
    assert.equal(await startCamera(page), "NotAllowedError", url);
  }
});
