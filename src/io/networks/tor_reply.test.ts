import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseReplyMapping, REPLY_LINES_MAX, splitReplyLine, TorReplies } from "./tor_reply.ts";

/** The same letter by letter, as the grammar has it (control-spec 2.1.1, 2.3). */
function parsePlainly(text: string): Record<string, string> {
  const mapping: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    let key = "";
    while (at < text.length && text[at] !== "=" && text[at] !== " ") key += text[at++];
    if (at === text.length) return {};
    if (text[at] === " ") return mapping;
    at++;
    let value = "";
    if (text[at] === '"') {
      at++;
      for (;;) {
        if (at >= text.length) return {};
        const letter = text[at++] as string;
        if (letter === '"') break;
        if (letter !== "\\") {
          value += letter;
          continue;
        }
        if (at >= text.length) return {};
        let octal = "";
        while (octal.length < 3 && /[0-7]/.test(text[at] ?? "")) octal += text[at++];
        if (octal.length === 3 && octal > "377") {
          octal = octal.slice(0, 2);
          at--;
        }
        const plain = octal === "" ? text[at++] as string : "";
        const named = ({ n: "\n", t: "\t", r: "\r" } as Record<string, string>)[plain] ?? plain;
        value += octal === "" ? named : String.fromCharCode(Number.parseInt(octal, 8));
      }
    } else {
      while (at < text.length && text[at] !== " ") value += text[at++];
    }
    if (text[at] === " ") at++;
    mapping[key] = value;
  }
  return mapping;
}

/** Bitcoin Core, torcontrol_tests.cpp. */
const PUBLISHED: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['METHODS=COOKIE,SAFECOOKIE COOKIEFILE="/home/x/.tor/control_auth_cookie"',
    { METHODS: "COOKIE,SAFECOOKIE", COOKIEFILE: "/home/x/.tor/control_auth_cookie" }],
  ["METHODS=NULL", { METHODS: "NULL" }],
  ['Tor="0.2.9.8 (git-a0df013ea241b026)"', { Tor: "0.2.9.8 (git-a0df013ea241b026)" }],
  ["SERVERHASH=aaaa SERVERNONCE=bbbb", { SERVERHASH: "aaaa", SERVERNONCE: "bbbb" }],
  ["PrivateKey=RSA1024:BLOB", { PrivateKey: "RSA1024:BLOB" }],
  ["Foo=Bar=Baz Spam=Eggs", { Foo: "Bar=Baz", Spam: "Eggs" }],
  ['Foo="Bar Baz"', { Foo: "Bar Baz" }],
  ['Foo="Bar\\ Baz"', { Foo: "Bar Baz" }],
  ['Foo="Bar\\Baz"', { Foo: "BarBaz" }],
  ['Foo="Bar\\"Baz" Spam="\\"Eggs\\""', { Foo: 'Bar"Baz', Spam: '"Eggs"' }],
  ['Foo="Bar\\\\Baz"', { Foo: "Bar\\Baz" }],
  ['Foo="Bar\\nBaz\\t" Spam="\\rEggs" Octals="\\1a\\11\\17\\18\\81\\377\\378\\400\\2222" Final=Check', {
    Foo: "Bar\nBaz\t", Spam: "\rEggs", Octals: "\x01a\t\x0f\x01881\xff\x1f8 0\x922", Final: "Check",
  }],
  ['Valid=Mapping Escaped="Escape\\\\"', { Valid: "Mapping", Escaped: "Escape\\" }],
  ['Valid=Mapping Bare="Escape\\"', {}],
  ['OneOctal="OneEnd\\1" TwoOctal="TwoEnd\\11"', { OneOctal: "OneEnd\x01", TwoOctal: "TwoEnd\t" }],
  ["SOME=args,here MORE optional=arguments  here", { SOME: "args,here" }],
  ["ARGS", {}], ["MORE ARGS", {}], ["MORE  ARGS", {}], ["EVEN more=ARGS", {}], ["EVEN+more ARGS", {}],
];

test("mappings are read as Bitcoin Core reads them", () => {
  for (const [text, expected] of PUBLISHED) {
    assert.deepEqual(Object.fromEntries(parseReplyMapping(text)), expected, text);
    assert.deepEqual(parsePlainly(text), expected, text);
  }
});

test("any text is read as it is letter by letter", () => {
  const letters = fc.constantFrom("a", "B", "=", " ", '"', "\\", "0", "1", "3", "4", "7", "8", "n", "t");
  fc.assert(fc.property(fc.string({ unit: letters, maxLength: 30 }), (text) => {
    assert.deepEqual(Object.fromEntries(parseReplyMapping(text)), parsePlainly(text));
  }), { numRuns: 3000 });
});

test("a reply line is a word and the rest", () => {
  for (const [line, type, rest] of [
    ["PROTOCOLINFO PIVERSION", "PROTOCOLINFO", "PIVERSION"], ["COMMAND", "COMMAND", ""],
    ["COMMAND SOME  ARGS", "COMMAND", "SOME  ARGS"], ["COMMAND  ARGS", "COMMAND", " ARGS"], ["", "", ""],
  ] as const) {
    assert.deepEqual(splitReplyLine(line), [type, rest]);
  }
});

test("lines become a reply with the last one, and what is too short for one is skipped", () => {
  const replies = new TorReplies();
  assert.equal(replies.take("250-PROTOCOLINFO 1\r"), undefined);
  assert.equal(replies.take("25\r"), undefined);
  assert.equal(replies.take("250+AUTH"), undefined);
  assert.deepEqual(replies.take("250 OK\r"), { code: 250, lines: ["PROTOCOLINFO 1", "AUTH", "OK"] });
  assert.deepEqual(replies.take("510 no"), { code: 510, lines: ["no"] });
  assert.deepEqual(replies.take("abc no"), { code: 0, lines: ["no"] });
});

test("a reply may have as many lines as are let, and not one more", () => {
  const replies = new TorReplies();
  for (let i = 1; i < REPLY_LINES_MAX; i++) replies.take("250-Continuing");
  assert.equal(replies.take("250 OK")?.lines.length, REPLY_LINES_MAX);
  for (let i = 0; i < REPLY_LINES_MAX; i++) replies.take("250-Continuing");
  assert.throws(() => replies.take("250 OK"), RangeError);
});
