// The module that is imported first, as the documentation asks: it makes the client.

import { createAuth } from "keyward";
import options from "/app/options.js";

/** One client for each entry of the served options. What `createAuth` throws stands in its place. */
export const clients = [options].flat().map((one) => {
  try {
    return createAuth(one);
  } catch (error) {
    return error;
  }
});
