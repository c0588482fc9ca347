import type { Adversary } from "./index.ts";

/** Hears everything and says nothing. */
export const mute: Adversary = {
  isTwofold: false,
  corrupt: (node) => ({
    start: (now) => node.start(now).filter(({ type }) => type !== "send" && type !== "broadcast"),
    step: (event) => node.step(event).filter(({ type }) => type !== "send" && type !== "broadcast"),
  }),
};
