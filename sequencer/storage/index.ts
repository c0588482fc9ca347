export { openStore } from "./level-store.ts";
export { memoryStore } from "./memory-store.ts";
