import { byId, el, fill, keepTyped, showScreen } from "../kit/dom.js";
import { ApiError } from "../lib/client.js";
import { SessionOver } from "./api.js";
import { App, failureLine, type View } from "./app.js";
import { keptOwner } from "./keep.js";
import { loginView } from "./login.js";
import { newKeyView } from "./new_key.js";
import { paperView } from "./paper.js";
import { posterView } from "./poster.js";
import { printView } from "./print.js";
import { registerView } from "./register.js";
import { scannersView } from "./scanners.js";
import { startView } from "./start.js";
import { todayView } from "./today.js";

const WITHOUT_LOGIN: Readonly<Record<string, View>> = { register: registerView, login: loginView };
const WITH_LOGIN: Readonly<Record<string, View>> = {
  scanners: scannersView,
  print: printView,
  poster: posterView,
  paper: paperView,
};

/** Draw the bar and the view that the address names, as far as the login allows. */
function render(app: App): void {
  const name = location.hash.replace("#", "");
  drawBar(app, name);
  if (app.newVenue !== undefined) void newKeyView(app);
  else if (app.owner !== undefined) void (WITH_LOGIN[name] ?? todayView)(app);
  else void (WITHOUT_LOGIN[name] ?? startView)(app);
}

function drawBar(app: App, name: string): void {
  const other = app.texts.language === "ko" ? "en" : "ko";
  const switchLanguage = (): void => {
    app.texts.switchTo(other);
    keepTyped(byId("main"), () => app.redraw());
    byId("language").focus();
  };
  const link = (view: string, text: string, isHere: boolean): HTMLElement =>
    el("li", {}, el("a", { href: `#${view}`, "aria-current": isHere && "page" }, text));
  const menu =
    app.owner !== undefined &&
    app.newVenue === undefined &&
    el(
      "nav",
      { "aria-label": app.t("menu") },
      el(
        "ul",
        {},
        link("today", app.t("nav_today"), WITH_LOGIN[name] === undefined),
        link("scanners", app.t("nav_scanners"), name === "scanners"),
        link("print", app.t("nav_print"), ["print", "poster", "paper"].includes(name)),
      ),
    );
  fill(
    byId("bar"),
    el("a", { class: "brand", href: "#" }, app.t("brand")),
    el(
      "div",
      { class: "row" },
      el("button", { class: "plain", type: "button", id: "language", lang: other, onclick: switchLanguage }, app.t("other_language")),
      menu !== false && el("button", { class: "plain", type: "button", onclick: () => void app.logOut() }, app.t("log_out")),
    ),
    menu,
  );
}

/** Log in with what the device keeps. The record stays when the network fails, and when the key is refused. */
async function restore(app: App): Promise<void> {
  const kept = await keptOwner();
  if (kept === undefined) {
    render(app);
    return;
  }
  try {
    await app.logIn(kept, false);
    render(app);
  } catch (failure) {
    if (failure instanceof SessionOver) return; // logged out in another window meanwhile: this one shows it already
    if (failure instanceof ApiError && failure.code === "unauthorized") {
      app.sayNext(app.t("login_kept_refused"), "bad");
      app.go("login");
      return;
    }
    const line = failureLine();
    const again = el("button", { type: "button", onclick: () => void restore(app) }, app.t("retry"));
    app.screen(app.t("title"), line, again);
    app.fail(failure, line);
  }
}

const app = new App(render);
drawBar(app, "");
showScreen(byId("main"), app.t("loading"));
void restore(app);
