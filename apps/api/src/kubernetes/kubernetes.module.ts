import { Module } from '@nestjs/common';
import { ClusterController } from './cluster.controller.js';
import { ClusterFigureReads } from './cluster-figures.js';
import { RESOURCE_CONTROLLERS } from './resource.controllers.js';
import { ResourceEvents } from './resource-events.js';
import { ResourceReads } from './resource-reads.js';

/** The resources of a cluster, as they are mirrored here. */
@Module({
  controllers: [ClusterController, ...RESOURCE_CONTROLLERS],
  providers: [ClusterFigureReads, ResourceEvents, ResourceReads],
  exports: [ResourceEvents],
})
export class KubernetesApiModule {}
