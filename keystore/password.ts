import { CodedError } from "../base/index.ts";
import { readSmallFile } from "./small-file.ts";

/** Never an argument of a command: those are seen by every user of the machine. */
export type PasswordSource = { readonly file: string } | { readonly variable: string };

const passwordBytesMax = 4096;

/** The password without the line break that editors put at the end of a file; throws `KEYSTORE_PASSWORD_MISSING`. */
export async function readPassword(
  source: PasswordSource,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const password =
    "file" in source ? await readPasswordFile(source.file) : environment[source.variable];
  if (password !== undefined && password !== "") return password;
  const place = "file" in source ? `the file ${source.file}` : `the variable ${source.variable}`;
  throw new CodedError("KEYSTORE_PASSWORD_MISSING", `${place} holds no password: put it there`);
}

async function readPasswordFile(path: string): Promise<string> {
  try {
    return (await readSmallFile(path, passwordBytesMax)).replace(/\r?\n$/, "");
  } catch (cause) {
    throw new CodedError(
      "KEYSTORE_PASSWORD_MISSING",
      `cannot read the password file ${path}: check the path and who may read it`,
      { cause, details: { path } },
    );
  }
}
