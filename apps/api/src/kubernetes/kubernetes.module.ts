import { Module } from '@nestjs/common';
import { KubernetesSyncReport } from './kubernetes-sync-report.js';
import { RESOURCE_CONTROLLERS } from './resource.controllers.js';
import { ResourceReads } from './resource-reads.js';

/** The resources of a cluster, as they are mirrored here. */
@Module({
  controllers: [...RESOURCE_CONTROLLERS],
  providers: [KubernetesSyncReport, ResourceReads],
  exports: [ResourceReads],
})
export class KubernetesApiModule {}
