/**
 * Names one written state of a record: its revision and a nonce. The nonce tells apart two states of one revision, as
 * when Redis lost its last second and the revision was written anew; it also lets a writer recognise its own write.
 */
export type RecordVersion = string;

export function newVersion(revision: number): RecordVersion {
  return `${revision}-${Math.random().toString(36).slice(2, 10)}`;
}
