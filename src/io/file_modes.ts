/** Only the owner reads a node's files, as Bitcoin Core has it by its umask. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;
