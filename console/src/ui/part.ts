// One part of a whole that is shown as a bar.

export interface Part {
  readonly label: string;
  readonly value: number;
  /** Class of its colour: "hue-0" to "hue-5". */
  readonly hue: string;
}
