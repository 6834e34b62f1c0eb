import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ascii, concat, exactly, Reader, u16, u8 } from "./bytes.js";
import { EntrylogError } from "./errors.js";
import { type RandomSource, systemRandom } from "./random.js";

export const TICKET_LEN = 90;

/** The epoch that a day ticket is for: all that its holder can read of it. `format` if it is not 90 bytes. */
export function ticketEpoch(ticket: Uint8Array): number {
  return new Reader(exactly(TICKET_LEN, ticket, "ticket")).u16();
}

/** ad of a ticket: "EL1-ticket", issuer u8, epoch u16 (P-4.2). */
export function ticketAd(issuer: number, epoch: number): Uint8Array {
  return concat(ascii("EL1-ticket"), u8(issuer), u16(epoch));
}

/** The issuer's side, for vectors: e || nonce 24 || XChaCha20-Poly1305(K_tkt,e; s_e || h_e). 90 bytes. */
export function sealTicket(
  key: Uint8Array,
  issuer: number,
  epoch: number,
  secret: Uint8Array,
  handle: Uint8Array,
  random: RandomSource = systemRandom,
): Uint8Array {
  const nonce = random(24);
  const plain = concat(exactly(32, secret, "s_e"), exactly(16, handle, "h_e"));
  return concat(u16(epoch), nonce, xchacha20poly1305(key, nonce, ticketAd(issuer, epoch)).encrypt(plain));
}

/** What a thief of K_tkt,e reads in a ticket: s_e 32 and h_e 16. `crypto` if it does not open. */
export function openTicket(
  key: Uint8Array,
  issuer: number,
  ticket: Uint8Array,
): { secret: Uint8Array; handle: Uint8Array } {
  const epoch = ticketEpoch(ticket);
  try {
    const plain = xchacha20poly1305(key, ticket.slice(2, 26), ticketAd(issuer, epoch)).decrypt(
      ticket.slice(26),
    );
    return { secret: plain.slice(0, 32), handle: plain.slice(32) };
  } catch {
    throw new EntrylogError("crypto", "ticket does not open");
  }
}
