/**
 * What one tab tells the others on this device: `wiped` when a person logs out or withdraws, `registered` when one has
 * registered (anew).
 */
export type Word = "wiped" | "registered";

/** The other tabs of this page. Where the browser has no channel nothing is heard, and a reload shows how things are. */
export class Tabs {
  private readonly channel: BroadcastChannel | undefined;
  constructor(hear: (word: Word) => void) {
    try {
      this.channel = new BroadcastChannel("entrylog-visitor");
    } catch {
      return; // none, or its storage is blocked
    }
    this.channel.onmessage = ({ data }) => {
      if (data === "wiped" || data === "registered") hear(data); // another version may say more
    };
  }
  tell(word: Word): void {
    this.channel?.postMessage(word);
  }
}
