/** One XML element, namespace prefix stripped from its name and from its attributes' names. */
export interface XmlElement {
  readonly name: string;
  /** Namespace URI when the parser knew it. */
  readonly namespace?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The element's own character data, concatenated and trimmed. */
  readonly text: string;
}
