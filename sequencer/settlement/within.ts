import { CodedError } from "../../base/index.ts";

/** Rejects with L1_TIMEOUT when L1 does not answer in time: a call that hangs must not stop the loop. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new CodedError("L1_TIMEOUT", `L1 did not answer within ${milliseconds} ms`));
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
