/** Lines of at most `width` characters, each indented and ended. */
export function wrap(text: string, indent: number, width: number): string {
  const margin = " ".repeat(indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(margin + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(margin + line);
  return `${lines.join("\n")}\n`;
}
