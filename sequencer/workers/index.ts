export { createWorkers, type SealingSetup, type Workers } from "./workers.ts";
