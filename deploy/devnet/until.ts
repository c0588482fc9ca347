import { setTimeout as sleep } from "node:timers/promises";

export interface Patience {
  readonly timeoutMs: number;
  /** Ends the waiting by its rejection. */
  readonly failed?: Promise<never>;
  readonly everyMs?: number;
}

/** Asks until the answer is yes, and answers whether it ever was. */
export async function until(
  question: () => boolean | Promise<boolean>,
  { timeoutMs, failed, everyMs = 100 }: Patience,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = Promise.resolve(question());
    if (await (failed === undefined ? answer : Promise.race([answer, failed]))) return true;
    if (performance.now() > deadline) return false;
    const pause = sleep(everyMs, false);
    await (failed === undefined ? pause : Promise.race([pause, failed]));
  }
}
