/** The order of the folders in ARCHITECTURE.md: a folder of lib/ imports only from itself and from those below it. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..", "..");
const lib = join(root, "lib");

/** The folders in the order of the page, top first. */
function foldersOfThePage(): string[] {
  const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  return [...page.matchAll(/^ {6}([a-z]+)\/ /gm)].map((match) => match[1]);
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, "utf8");
  return [...source.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1]);
}

describe("house", () => {
  const folders = foldersOfThePage();
  const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

  it("the page names every folder", () => {
    const existing = new Set(files.filter((name) => name.includes("/")).map((name) => name.split("/")[0]));
    assert.deepEqual(
      [...existing].filter((folder) => !folders.includes(folder)),
      [],
    );
  });

  it("a folder imports only from itself and from those below it", () => {
    const wrong: string[] = [];
    for (const file of files) {
      const from = file.includes("/") ? folders.indexOf(file.split("/")[0]) : -1;
      for (const target of importsOf(join(lib, file))) {
        const path = relative(lib, resolve(lib, dirname(file), target));
        const to = folders.indexOf(path.split("/")[0]);
        if (path.startsWith("..") || (path.includes("/") ? to < from : from >= 0))
          wrong.push(`${file} imports ${path}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  for (const page of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]) {
    it(`${page} names files that exist`, () => {
      const text = readFileSync(join(root, page), "utf8");
      const named = [...text.matchAll(/`((?:lib|native|test)\/[\w./-]+)`/g)].map((match) => match[1]);
      assert.deepEqual(
        named.filter((path) => !existsSync(join(root, path))),
        [],
      );
    });
  }
});
