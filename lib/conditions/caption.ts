/** Caption: what the picture shows, in words. Its tokens are made by the text encoder's tokenizer. */

import { type Condition, parseJson, refuse, toJson } from "./condition.js";

const maxLength = 300;

function check(value: unknown): string {
  if (typeof value !== "string") {
    refuse("CP_ARG_TYPE", "the caption", "a text", value);
  }
  if (value.length > maxLength) {
    refuse("CP_ARG_RANGE", "the caption", `at most ${maxLength} characters, got ${value.length}`, value);
  }
  // Control characters and halves of surrogate pairs.
  if (/[\p{Cc}\p{Cs}]/u.test(value)) {
    refuse("CP_ARG_RANGE", "the caption", "a text without control characters or broken Unicode", value);
  }
  return value;
}

function words(text: string): string {
  return text.toLowerCase().trim().split(/\s+/).join(" ");
}

/** Caption as a condition. Distance: `captionAccuracy`, 1 for the same words whatever the case and spacing, else 0. */
export const caption: Condition<string> = {
  name: "caption",
  kind: "global",
  channels: 0,
  fileKinds: ["json"],
  check,
  write: async (value) => ({ json: toJson({ caption: value }) }),
  read: async ({ json }) => check(parseJson(json, "caption.json").caption),
  distance: (wanted, got) => ({ captionAccuracy: words(wanted) === words(got) ? 1 : 0 }),
};
