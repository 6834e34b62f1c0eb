import assert from "node:assert/strict";
import { test } from "node:test";

import { nameOf } from "../../src/web/kit/name.js";

test("a name is what the services keep: trimmed, composed, at most 100 bytes, nothing hidden", () => {
  assert.equal(nameOf("  시험 가게 "), "시험 가게");
  assert.equal(nameOf("\u1100\u1161"), "\uac00");
  assert.equal(nameOf("가".repeat(33)), "가".repeat(33));
  for (const bad of ["", "   ", "가".repeat(34), "a".repeat(101), "a\nb", "a\u0000b", "a\u200bb", "a\u202eb"]) assert.equal(nameOf(bad), undefined, bad);
});
