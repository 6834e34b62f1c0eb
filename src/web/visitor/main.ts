import { App, brokenScreen, type Route, type Screen } from "./app.js";
import { codeScreen } from "./code_screen.js";
import { hasAgreed } from "./draft.js";
import { keepInstallPrompt } from "./install_prompt.js";
import { meScreen } from "./me_screen.js";
import { consentScreen, detailsScreen } from "./register_screens.js";
import { showCode } from "./show_screen.js";

keepInstallPrompt();
const app = new App();

/** Without a registration there is one way in; with one, the address decides. Nothing is asked before the consent. */
function screenFor(route: Route): Screen {
  if (route === "details" || route === "code") {
    if (!hasAgreed()) return consentScreen;
    return route === "details" ? detailsScreen : codeScreen;
  }
  if (route === "consent" || app.wallet === undefined) return consentScreen;
  return route === "me" ? meScreen : showCode;
}

async function begin(): Promise<void> {
  try {
    await app.open();
  } catch {
    app.show(brokenScreen);
    return;
  }
  app.start(screenFor);
  if (app.wallet !== undefined) app.install();
}
void begin();
