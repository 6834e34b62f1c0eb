import { keepSetting, setting } from "./setting.js";

export type Language = "ko" | "en";

/** Texts of one language by name; `{x}` in a text is filled from the parameters. */
export type Catalog<K extends string = string> = Readonly<Record<K, string>>;

export type Params = Readonly<Record<string, string | number>>;

const KEY = "language";

/** What the person chose, else what the browser prefers, else Korean. */
function chosenLanguage(): Language {
  const kept = setting(KEY);
  if (kept === "ko" || kept === "en") return kept;
  const first = navigator.languages.find((l) => /^(ko|en)\b/i.test(l));
  return first?.toLowerCase().startsWith("en") === true ? "en" : "ko";
}

/** Texts of a page in the language in force; both catalogues have the same keys (a test, and the type). */
export class Texts<K extends string> {
  language: Language;
  constructor(
    private readonly ko: Catalog<K>,
    private readonly en: Catalog<K>,
  ) {
    this.language = chosenLanguage();
    document.documentElement.lang = this.language;
  }
  /** The text of a name. */
  t(name: K, params: Params = {}): string {
    return (this.language === "ko" ? this.ko : this.en)[name].replace(/\{([a-z_]+)\}/g, (whole, key: string) =>
      String(params[key] ?? whole),
    );
  }
  has(name: string): name is K {
    return Object.hasOwn(this.ko, name);
  }
  switchTo(language: Language): void {
    this.language = language;
    keepSetting(KEY, language);
    document.documentElement.lang = language;
  }
  number(value: number): string {
    return new Intl.NumberFormat(this.language).format(value);
  }
  /** Of Unix seconds, in the reader's own time zone. */
  dateTime(seconds: number): string {
    return new Intl.DateTimeFormat(this.language, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
  }
  date(seconds: number): string {
    return new Intl.DateTimeFormat(this.language, { dateStyle: "long" }).format(seconds * 1000);
  }
  time(seconds: number): string {
    return new Intl.DateTimeFormat(this.language, { timeStyle: "short" }).format(seconds * 1000);
  }
}
