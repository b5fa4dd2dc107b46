import { jobProblems } from '@app/jobs';
import { defineProblems } from '@app/platform';

/** Every problem of the routes of migration. */
export const migrationProblems = {
  ...jobProblems,
  ...defineProblems({
    'migration-disabled': {
      status: 409,
      title: 'Migration is switched off',
      description: 'MIGRATION_ENABLED is false in this installation, so no instance is migrated.',
      suggestion: 'Set MIGRATION_ENABLED, or start the instance yourself.',
      retryable: false,
    },
  }),
};
