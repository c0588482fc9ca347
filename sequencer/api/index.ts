export { closeCodes } from "./stream.ts";
export { type Api, type ApiOptions, createApi } from "./server.ts";
export type { ApiLimits } from "./limits.ts";
export {
  type AnchoredCheckpoint,
  type Fees,
  type FinalBlock,
  type Gateway,
  type KeptEvidence,
} from "./gateway.ts";
