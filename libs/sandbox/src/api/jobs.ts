import type { Job } from '../world/jobs.js';
import { optionalText, requiredText } from './fields.js';
import { subject } from './instance-commands.js';
import { listingOf } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, json, list } from './operation.js';
import { readWindow } from './paging.js';
import { notFound } from './refusal.js';

export function listJobs({ query }: ApiRequest, { world, firstPage }: ApiContext): Answer {
  const wanted = ['state', 'type'].map((key) => query.get(key) ?? '');
  const jobId = query.get('jobId') ?? '';
  const from = unixSeconds(query, 'startTime') ?? 0;
  const until = unixSeconds(query, 'endTime') || Number.POSITIVE_INFINITY;
  const jobs = world.jobs.newestFirst().filter((job) => {
    const created = Math.floor(job.createdAt / 1_000);
    return (
      (wanted[0] === '' || job.state === wanted[0]) &&
      (wanted[1] === '' || job.type === wanted[1]) &&
      (jobId === '' || job.id === jobId) &&
      created >= from &&
      created <= until
    );
  });
  return list(listingOf('jobs', jobs.map(jobJson), readWindow(query, 'pageNum', firstPage)));
}

export function breakJob({ body }: ApiRequest, { world }: ApiContext): Answer {
  const job = world.jobs.get(requiredText(body, 'jobId', { max: 255 }));
  if (job === undefined) throw notFound('job', 'JOB_NOT_FOUND');
  world.breakJob(job);
  return json({ jobId: job.id });
}

export function saveImage(request: ApiRequest, { world }: ApiContext): Answer {
  const { body } = request;
  const record = subject(request, world);
  requiredText(body, 'image', { max: 4_095 });
  const authId = optionalText(body, 'registryAuthId') ?? '';
  if (authId !== '' && !world.account.registryAuths.has(authId)) throw notFound('registry auth');
  return json({ jobId: world.saveImage(record).id });
}

function jobJson(job: Job) {
  return {
    Id: job.id,
    user: 'sandbox',
    type: job.type,
    envs: [],
    state: { state: job.state, error: job.state === 'fail' ? 'FAILED' : '', errorMessage: job.errorMessage },
    logAddress: '',
    createdAt: String(Math.floor(job.createdAt / 1_000)),
    instanceId: job.instanceId,
  };
}

function unixSeconds(query: URLSearchParams, key: string): number | null {
  const text = query.get(key) ?? '';
  return /^\d{1,12}$/.test(text) ? Number(text) : null;
}
