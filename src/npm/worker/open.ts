import { openParked } from "#glue";
import { instantiate } from "../instance.js";

/** Opens the core of a vault whose session may go on where an earlier vault ended. */
export async function openCore(
  ...given: Parameters<typeof openParked>
): Promise<ReturnType<typeof openParked>> {
  await instantiate();
  return openParked(...given);
}
