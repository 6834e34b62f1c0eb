import { commonEn, commonKo } from "../kit/common_texts.js";
import { byId, showScreen } from "../kit/dom.js";
import { Texts } from "../kit/language.js";

const texts = new Texts(commonKo, commonEn);
showScreen(byId("main"), texts.t("loading"));
