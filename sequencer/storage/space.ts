import { assert } from "../../base/index.ts";

/** The byte before every key of a space. One letter each, so that no space is the beginning of another. */
export function spaceByte(space: string): number {
  assert(/^[a-z]$/.test(space), "a space is one lower-case letter");
  return space.charCodeAt(0);
}
