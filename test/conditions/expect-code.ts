import assert from "node:assert/strict";
import { CounterpointError } from "../../lib/graph/error.js";

/** Asserts that `act` throws or rejects with a CounterpointError of this code whose message matches. */
export async function expectCode(act: () => unknown, code: string, message = /./): Promise<void> {
  try {
    await act();
  } catch (error) {
    assert.ok(error instanceof CounterpointError, `not a CounterpointError: ${(error as Error).stack}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return;
  }
  assert.fail(`nothing was thrown; expected ${code}`);
}
