/** The version of this library, the one in package.json. */
export const version = "0.1.0";
