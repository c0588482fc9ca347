// npm run sim: replicas with a toy application; with --core, whole cores and all that they promise.

if (process.argv.includes("--core")) await import("./core/main.ts");
else await import("./main.ts");
