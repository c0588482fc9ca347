// What shows on L1 that a step was not as a proposer said.

export { type Chunk, chunkKinds } from "./chunks.ts";
export type { ForeignChunk } from "./refuter.ts";
export { proveChunks, refuteChunk, type Replica, traceBatch, type TracedBatch } from "./trace.ts";
export type { TracedChunk } from "./tracer.ts";
