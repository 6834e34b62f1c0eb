/** Longest name of a person, venue or scanner in bytes of UTF-8, as the services keep it. */
const NAME_MAX = 100;

/** A name as it is sent: NFC, without the spaces around it; undefined where the service would refuse it. */
export function nameOf(typed: string): string | undefined {
  const name = typed.normalize("NFC").trim();
  const length = new TextEncoder().encode(name).length;
  return length >= 1 && length <= NAME_MAX && !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name) ? name : undefined;
}
