import { keepSetting, setting } from "../kit/setting.js";

const CHOICE = "scanner-camera";
/** Side of the square that is read: 49 modules of a token are five pixels each when it fills 40 % of it. */
const FRAME_SIDE = 720;

/** Why there is no picture. */
export type CameraTrouble = "denied" | "none" | "taken" | "unsupported";

function troubleOf(error: unknown): CameraTrouble {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "none" : "taken";
}

interface Torchlike extends MediaTrackCapabilities {
  torch?: boolean;
}

/** The camera of the device: one stream, shown in a video element, from which square frames are taken. */
export class Camera {
  private stream: MediaStream | undefined;
  /** Counts starts and stops: a start that was overtaken gives its stream back. */
  private turn = 0;
  private readonly canvas = document.createElement("canvas");
  torchOn = false;
  constructor(
    readonly video: HTMLVideoElement,
    /** It stopped by itself: unplugged, or taken by another. */
    private readonly ended: () => void,
  ) {
    video.muted = true;
    video.playsInline = true;
    // Some devices pause it to save power, or when another page plays.
    video.addEventListener("pause", () => {
      if (this.isOn) void video.play().catch(() => undefined);
    });
  }
  private get track(): MediaStreamTrack | undefined {
    return this.stream?.getVideoTracks()[0];
  }
  get isOn(): boolean {
    return this.track?.readyState === "live";
  }
  /** Start the chosen camera, else one that looks away from the screen. `overtaken`: stopped or started meanwhile. */
  async start(): Promise<CameraTrouble | "overtaken" | undefined> {
    this.stop();
    const turn = this.turn;
    if (!("mediaDevices" in navigator)) return "unsupported";
    const kept = setting(CHOICE);
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    const wishes: MediaTrackConstraints[] = [{ ...size, facingMode: { ideal: "environment" } }];
    if (kept !== null) wishes.unshift({ ...size, deviceId: { exact: kept } });
    let trouble: CameraTrouble = "none";
    for (const video of wishes)
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
        if (turn !== this.turn) {
          for (const track of stream.getTracks()) track.stop();
          return "overtaken";
        }
        await this.use(stream);
        return turn === this.turn ? undefined : "overtaken";
      } catch (error) {
        if (turn !== this.turn) return "overtaken";
        trouble = troubleOf(error);
        this.release();
      }
    return trouble;
  }
  private async use(stream: MediaStream): Promise<void> {
    this.stream = stream;
    this.track?.addEventListener("ended", () => {
      if (this.stream === stream) this.ended();
    });
    this.video.srcObject = stream;
    await this.video.play();
  }
  stop(): void {
    this.turn++;
    this.release();
  }
  private release(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
    this.video.srcObject = null;
    this.torchOn = false;
  }
  /** Is this the side of the device on which the screen is? Then people expect a mirror. */
  get facesScreen(): boolean {
    return this.track?.getSettings().facingMode === "user";
  }
  /** The cameras, with names once the permission is given. */
  async choices(): Promise<{ id: string; label: string }[]> {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
    const cameras = devices.filter((d) => d.kind === "videoinput" && d.deviceId !== "");
    return cameras.map((d) => ({ id: d.deviceId, label: d.label }));
  }
  get current(): string | undefined {
    return this.track?.getSettings().deviceId;
  }
  choose(id: string): Promise<CameraTrouble | "overtaken" | undefined> {
    keepSetting(CHOICE, id);
    return this.start();
  }
  get hasTorch(): boolean {
    return (this.track?.getCapabilities?.() as Torchlike | undefined)?.torch === true;
  }
  async setTorch(on: boolean): Promise<void> {
    await this.track?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
    this.torchOn = on;
  }
  /** The middle square of the picture, at most FRAME_SIDE wide; undefined before the first picture. */
  frame(): ImageData | undefined {
    const { videoWidth: width, videoHeight: height } = this.video;
    const side = Math.min(width, height);
    if (side === 0) return undefined;
    const square = { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
    return pixelsOf(this.canvas, this.video, square, FRAME_SIDE);
  }
}

interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The pixels of a part of a picture, its longer side at most `most`. */
function pixelsOf(
  canvas: HTMLCanvasElement,
  source: CanvasImageSource,
  part: Part,
  most: number,
): ImageData | undefined {
  const scale = Math.min(1, most / Math.max(part.width, part.height));
  const width = Math.max(1, Math.round(part.width * scale));
  const height = Math.max(1, Math.round(part.height * scale));
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  context?.drawImage(source, part.x, part.y, part.width, part.height, 0, 0, width, height);
  return context?.getImageData(0, 0, width, height);
}

/** The pixels of a picture file, whole, at most 1600 wide or high. Rejects for a file that is no picture. */
export async function pictureOf(file: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(file);
  try {
    const whole = { x: 0, y: 0, width: bitmap.width, height: bitmap.height };
    const image = pixelsOf(document.createElement("canvas"), bitmap, whole, 1600);
    if (image === undefined) throw new Error("no canvas");
    return image;
  } finally {
    bitmap.close();
  }
}
