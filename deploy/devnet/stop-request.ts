const parentMs = 1_000;

/**
 * Resolves when somebody wants an end: at the terminal, by a signal, or by dying without one, which a program sees only by
 * its parent having changed. Asked a second time, the process ends at once.
 */
export function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => {
        if (isAsked) process.exit(1);
        isAsked = true;
        resolve();
      });
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) resolve();
    }, parentMs).unref();
  });
}
