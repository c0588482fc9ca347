import type {
  OpeningEffect,
  OpeningEvent,
  OpeningOptions,
  RecoveredOpening,
} from "./opening-events.ts";

export declare class Opening {
  constructor(options: OpeningOptions, recovered: RecoveredOpening);
  step(event: OpeningEvent): OpeningEffect[];
  /** Final heights that are not opened. */
  readonly unopened: number;
}
