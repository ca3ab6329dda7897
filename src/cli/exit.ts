/** What a process ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, cannotConnect: 3, notReady: 4, interrupted: 130 } as const;
