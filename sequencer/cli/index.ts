export type { Actions, KeyListing, KeyMove, MakeKey, Result } from "./actions.ts";
export { runProgram } from "./program.ts";
