import assert from "node:assert/strict";
import { test } from "node:test";
import { descriptorLimit, fitConnections, parseLimit } from "./descriptor_limit.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             127235               127235               processes
Max open files            1024                 524288               files
`;

test("the soft limit of open files is what the system's table says", () => {
  assert.equal(parseLimit(LIMITS), 1024);
  assert.equal(parseLimit(LIMITS.replace("1024  ", "unlimited")), undefined);
});

test("as many connections are left as there are descriptors for, and its operator is told", () => {
  const { connections, warning } = fitConnections(1000, 1024);
  assert.equal(connections, 854);
  assert.match(warning ?? "", /^Reducing -maxconnections from 1000 to 854, because of system limitations\./);
  assert.deepEqual(fitConnections(125, 1024), { connections: 125, warning: undefined });
  assert.deepEqual(fitConnections(125, undefined), { connections: 125, warning: undefined });
  assert.equal(fitConnections(125, 100).connections, 0);
});

test("this system's limit, where it has one, is a number", { skip: process.platform !== "linux" }, () => {
  assert.ok((descriptorLimit() ?? Infinity) > 0);
});
