"""Tables of casework: matters and what they run through; cases; the work around matters."""

from concord.casework.models.cases import Case as Case
from concord.casework.models.desk import DateOffer as DateOffer
from concord.casework.models.desk import Escalation as Escalation
from concord.casework.models.desk import Link as Link
from concord.casework.models.desk import Rating as Rating
from concord.casework.models.desk import Reminder as Reminder
from concord.casework.models.desk import SavedView as SavedView
from concord.casework.models.desk import Words as Words
from concord.casework.models.matters import NEVER as NEVER
from concord.casework.models.matters import Act as Act
from concord.casework.models.matters import Attachment as Attachment
from concord.casework.models.matters import Audience as Audience
from concord.casework.models.matters import ClockRun as ClockRun
from concord.casework.models.matters import Matter as Matter
from concord.casework.models.matters import Message as Message
from concord.casework.models.matters import NumberSeries as NumberSeries
from concord.casework.models.matters import Paper as Paper
from concord.casework.models.matters import Participant as Participant
from concord.casework.models.matters import ProcedureVersion as ProcedureVersion
