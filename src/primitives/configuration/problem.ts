/** A key or an index on the way to an option. */
export type PathSegment = string | number;

/** One thing that is wrong: where, which option or variable, which rule. Never the value, it may be a secret. */
export interface Problem {
  /** `portwarden.yaml:12:5`, or `environment`. */
  readonly where: string;
  readonly path: string;
  readonly rule: string;
}

/** `proxmox.clusters[0].hosts[1]`, `vlans.map["10.0.48.0/24"]`. */
export function pathText(path: readonly PathSegment[]): string {
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      if (!/^[\w-]+$/.test(segment)) return `[${JSON.stringify(segment)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join('');
}
