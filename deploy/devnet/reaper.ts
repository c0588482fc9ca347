// Kills what the devnet started once the devnet itself is gone, however it went: even after a kill -9 this process sees
// the end of its standard input. One line for each process group: +PID when it started, -PID when it ended.

import { createInterface } from "node:readline";

const groups = new Set<number>();

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const pid = Number(line.slice(1));
  if (line.startsWith("+")) groups.add(pid);
  else groups.delete(pid);
});
lines.on("close", () => {
  for (const pid of groups)
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
});
