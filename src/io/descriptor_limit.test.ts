import assert from "node:assert/strict";
import { test } from "node:test";
import {
  descriptorLimit, fitConnections, parseLimit, requireDescriptors, requiredDescriptors,
} from "./descriptor_limit.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             127235               127235               processes
Max open files            1024                 524288               files
`;

test("the soft limit of open files is what the system's table says", () => {
  assert.equal(parseLimit(LIMITS), 1024);
  assert.equal(parseLimit(LIMITS.replace("1024  ", "unlimited")), undefined);
});

test("as many connections are left as there are descriptors for, and its operator is told", () => {
  const { connections, warning } = fitConnections(1000, 2, 1024);
  assert.equal(connections, 844);
  assert.match(warning ?? "", /^Reducing -maxconnections from 1000 to 844, because of system limitations\./);
  assert.deepEqual(fitConnections(125, 2, 1024), { connections: 125, warning: undefined });
  assert.deepEqual(fitConnections(125, 2, undefined), { connections: 125, warning: undefined });
});

test("each place to listen at takes one, and one is kept where there is none", () => {
  assert.equal(fitConnections(1000, 3, 1024).connections, 843);
  assert.equal(fitConnections(1000, 1, 1024).connections, 845);
  assert.equal(fitConnections(1000, 0, 1024).connections, 845);
});

test("where there is no room for what every node needs, none starts", () => {
  const required = requiredDescriptors(2);
  requireDescriptors(2, required);
  requireDescriptors(2, undefined);
  assert.equal(fitConnections(125, 2, required).connections, 0);
  assert.throws(() => requireDescriptors(2, required - 1), {
    name: "DescriptorError",
    message: `Not enough file descriptors available. ${required - 1} available, ${required} required.`,
  });
});

test("this system's limit, where it has one, is a number", { skip: process.platform !== "linux" }, () => {
  assert.ok((descriptorLimit() ?? Infinity) > 0);
});
