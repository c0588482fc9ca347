export { metricDefinitions } from "./catalogue.ts";
export { createLogging, type LogLevel } from "./logging.ts";
export { createMetrics, type MetricDefinition, type MetricsRegistry } from "./metrics.ts";
export { redact } from "./redact.ts";
