import { whileBusy } from "../kit/busy.js";
import { el } from "../kit/dom.js";
import { nameOf } from "../kit/name.js";
import { ApiError } from "../lib/client.js";
import { type App, failureLine } from "./app.js";
import { field, focusFault } from "./form.js";
import { businessNumberOf } from "./inputs.js";

/** The form that registers a venue. What the registry would refuse is told here first, by the same rules. */
export function registerView(app: App): void {
  const line = failureLine();
  const name = field("venue-name", app.t("venue_name"), app.t("venue_name_hint"), {
    autocomplete: "organization",
    required: true,
    value: app.draft.name,
  });
  const number = field("business-number", app.t("business_number"), app.t("business_number_hint"), {
    autocomplete: "off",
    inputmode: "numeric",
    required: true,
    value: app.draft.businessNumber,
  });
  name.input.addEventListener("input", () => (app.draft.name = name.input.value));
  number.input.addEventListener("input", () => (app.draft.businessNumber = number.input.value));
  const submit = el("button", { type: "submit", class: "wide" }, app.t("register_submit"));
  const register = async (): Promise<void> => {
    const wanted = nameOf(name.input.value);
    const business = businessNumberOf(number.input.value);
    name.fault(wanted === undefined ? app.t("fault_name") : undefined);
    number.fault("fault" in business ? app.t(`fault_business_${business.fault}`) : undefined);
    if (focusFault([name, number]) || wanted === undefined || "fault" in business) return;
    if (app.registering) return;
    line.hidden = true;
    app.registering = true;
    try {
      const { id, owner_key } = await app.anyone.register(wanted, business.digits);
      app.draft = { name: "", businessNumber: "" };
      app.newVenue = { venue: id, key: owner_key, name: wanted, businessNumber: business.digits };
      app.redraw();
    } catch (failure) {
      const code = failure instanceof ApiError ? failure.code : "";
      if (code === "invalid_name") name.fault(app.t("error_invalid_name"));
      else if (code === "invalid_business_number") number.fault(app.t("error_invalid_business_number"));
      else app.fail(failure, line);
      focusFault([name, number]);
    } finally {
      app.registering = false;
    }
  };
  const form = el(
    "form",
    {
      class: "card",
      method: "post",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        void whileBusy(submit, register, app.t("working"));
      },
    },
    name.root,
    number.root,
    el("p", { class: "soft" }, app.t("register_stored")),
    line,
    submit,
  );
  app.screen(app.t("register_title"), form, el("p", {}, el("a", { href: "#" }, app.t("back"))));
}
