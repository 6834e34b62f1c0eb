import { el, fill } from "../kit/dom.js";
import type { App, ScannerTexts } from "./app.js";
import type { CameraBox } from "./camera_box.js";
import { openDialog } from "./dialog.js";
import type { Door } from "./door.js";
import { Twice } from "./twice.js";

/** What the menu acts on. */
export interface MenuParts {
  door: Door;
  box: CameraBox;
  lastVerdictMs(): number | undefined;
  readPicture(file: File): void;
  sendNow(): void;
  unpair(): void;
}

function item(text: string, press: () => void, kind = "quiet wide"): HTMLButtonElement {
  return el("button", { type: "button", class: kind, onclick: press }, text);
}

/** The cameras by name; a select only where there is a choice. */
async function cameraChoice(texts: ScannerTexts, box: CameraBox, place: HTMLElement): Promise<void> {
  const cameras = await box.camera.choices();
  if (cameras.length === 0) return;
  const select = el("select", { id: "camera", onchange: () => void box.choose(select.value) });
  cameras.forEach(({ id, label }, i) => {
    const name = label === "" ? texts.t("camera_number", { number: i + 1 }) : label;
    select.append(el("option", { value: id, selected: id === box.camera.current }, name));
  });
  fill(place, el("label", { for: "camera" }, texts.t("camera")), select);
}

function measurements(texts: ScannerTexts, { door, box, lastVerdictMs }: MenuParts): HTMLElement {
  const { reader, decodeMs } = box.watch.measured;
  const ms = (value: number | undefined): string =>
    value === undefined ? texts.t("none_yet") : texts.t("milliseconds", { ms: texts.number(Math.round(value * 10) / 10) });
  const rows: [string, string][] = [
    [texts.t("measure_reader"), reader === undefined ? texts.t("none_yet") : texts.t(`reader_${reader}`)],
    [texts.t("measure_decode"), ms(decodeMs)],
    [texts.t("measure_verdict"), ms(lastVerdictMs())],
    [texts.t("measure_scanner"), String(door.identity.pairing.id)],
  ];
  return el(
    "details",
    { class: "measurements" },
    el("summary", {}, texts.t("measurements")),
    el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
  );
}

/** Everything that is not needed while people queue. */
export function openMenu(app: App, parts: MenuParts): void {
  const { texts } = app;
  const { box, door } = parts;
  openDialog(texts.t("menu"), texts.t("close"), (dialog) => {
    const cameras = el("div", { class: "field" });
    void cameraChoice(texts, box, cameras);
    const file = el("input", {
      type: "file",
      accept: "image/*",
      hidden: true,
      onchange: () => {
        const chosen = file.files?.[0];
        dialog.close();
        if (chosen !== undefined) parts.readPicture(chosen);
      },
    });
    const torch = item(texts.t(box.camera.torchOn ? "torch_off" : "torch_on"), () => {
      void box.camera
        .setTorch(!box.camera.torchOn)
        .catch(() => undefined)
        .then(() => {
          torch.textContent = texts.t(box.camera.torchOn ? "torch_off" : "torch_on");
        });
    });
    const send = item(texts.t("send_now"), () => {
      dialog.close();
      parts.sendNow();
    });
    return [
      el("p", { class: "soft" }, texts.t("results_hint")),
      cameras,
      el(
        "div",
        { class: "items" },
        box.camera.hasTorch ? torch : undefined,
        item(texts.t("picture"), () => file.click()),
        file,
        door.state.unsent > 0 && send,
        measurements(texts, parts),
        item(texts.t("unpair"), () => {
          dialog.close();
          confirmUnpair(texts, parts);
        }, "danger wide"),
      ),
    ];
  });
}

/** Unpairing throws the queue away, and says so; a scanner that types must not be able to. */
function confirmUnpair(texts: ScannerTexts, { door, unpair, sendNow }: MenuParts): void {
  const { unsent } = door.state;
  const twice = new Twice(texts);
  openDialog(texts.t("unpair_title"), texts.t("cancel"), (dialog) => {
    const last = item(
      texts.t(unsent > 0 ? "unpair_discard" : "unpair_confirm", { count: unsent }),
      () => {
        dialog.close();
        unpair();
      },
      "danger wide",
    );
    twice.guard(last);
    return [
      el("p", {}, texts.t("unpair_text")),
      unsent > 0 && el("p", { class: "notice bad" }, texts.t("unpair_queue", { count: unsent })),
      el(
        "div",
        { class: "items" },
        unsent > 0 &&
          item(texts.t("send_now"), () => {
            dialog.close();
            sendNow();
          }),
        last,
        twice.line,
      ),
    ];
  });
}
